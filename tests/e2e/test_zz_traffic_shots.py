import sqlalchemy as sa
import pytest
from relay.services import configure
from relay.store.tables import leads

@pytest.mark.timeout(300)
def test_shots(house, window):
    named = [{"id": "1000", "name": "Google Ads"}, {"id": "FE1", "name": "Front end one, a long name of a traffic source that goes on"}]
    configure.apply(house.rt, {"projects": [{"id": "acme", "traffic_sources": named}]})
    n = 0
    for source, sub, count in (("1000", "berlin", 5), ("1000", "hamburg", 2), ("1000", "", 1), ("FE1", "a", 2), ("unheard-of-source-with-an-endless-name-0123456789", "", 1), ("", "", 3)):
        for _ in range(count):
            n += 1
            house.submit(name=f"Ada {n}", email=f"a{n}@example.com", traffic_source_id=source, sub_id=sub)
    house.work()
    with house.rt.database.write() as c:
        c.execute(sa.update(leads).where(leads.c.sub_id == "berlin").values(status="won", value_minor=12345678, currency="EUR"))
        c.execute(sa.update(leads).where(leads.c.sub_id == "a").values(status="rated", value_minor=9900, currency="USD"))
    for name, size in (("desktop", {"width": 1280, "height": 800}), ("phone", {"width": 390, "height": 844})):
        for scheme in ("light", "dark"):
            page = window(color_scheme=scheme, viewport=size)
            page.goto("/console/p/acme/traffic/")
            page.locator("summary", has_text="sub-source").first.click()
            page.screenshot(path=f"/tmp/plan/dirshots/{name}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    page = window(color_scheme="light", viewport={"width": 1280, "height": 800})
    page.goto("/console/p/acme/routes/")
    page.locator("a.row").first.click()
    page.locator("summary", has_text="Condition").click()
    page.screenshot(path="/tmp/plan/dirshots/route.png", full_page=True)
