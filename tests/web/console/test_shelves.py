"""Quarantined, held, refused and turned-away: why they are there, and how they go on."""

import time

from relay.services import configure
from relay.store.tables import bodies, fetches, leads, sources, submissions
from tests.web.console.house import House, submission_links

SHELVES = "/console/p/acme/quarantine/"


def test_what_could_not_be_read_says_why_and_shows_what_came(house: House) -> None:
    submission = house.submit(body="this is { no json")
    visitor = house.visitor()
    page = visitor.get(SHELVES)
    assert "not JSON" in page.text
    page = visitor.get(f"{SHELVES}{submission}")
    assert "this is { no json" in page.text
    assert "Nothing could be read out of it." in page.text
    page = visitor.send(page.form("/release"))
    assert "1 still cannot be read as a lead" in page.text
    assert house.row(submissions).state == "quarantined"


def test_what_was_fetched_shows_beside_what_came(house: House) -> None:
    submission = house.submit(body="7")
    said = {
        "request": {"method": "GET", "url": "https://x.example/7", "headers": {}, "body": ""},
        "response": {"status": 200, "headers": {}, "body": "the whole story", "cut": False},
        "milliseconds": 12,
        "error": None,
    }
    (row,) = house.ids(submissions)
    now = house.rt.clock.now()
    told = {"submission_id": row, "source_id": row, "began_at": now, "attempts": 3}
    with house.rt.database.write() as connection:
        connection.execute(
            fetches.insert().values(**told, due_at=now, outcome="retry", exchanges=[])
        )
        connection.execute(submissions.update().values(state="held", reasons=["it is asked for"]))
    page = house.visitor().get(f"{SHELVES}{submission}")
    for words in ("Asked for 3 times in vain", "by itself", "Ask now", "has not come yet"):
        assert words in page.text, words
    assert "waits for somebody" not in page.text
    brought = {"due_at": None, "outcome": "delivered", "exchanges": [said], "fetched_at": now}
    with house.rt.database.write() as connection:
        connection.execute(fetches.update().values(**brought, body=b'{"email": "ada@x.example"}'))
    page = house.visitor().get(f"{SHELVES}{submission}")
    assert "Fetched from the provider" in page.text
    assert "ada@x.example" in page.text
    assert "the whole story" in page.text


def test_after_a_fix_a_release_makes_the_lead(house: House) -> None:
    house.submit(body='"one value"')
    with house.rt.database.write() as connection:  # as if the reader had been the mistake
        connection.execute(bodies.update().values(body=b'{"email": "ada@example.com"}'))
    visitor = house.visitor()
    page = visitor.send(visitor.get(SHELVES).form("/release"), button="shown")
    assert "1 released: it goes on as a lead." in page.text
    house.work()
    assert house.row(leads).email == "ada@example.com"
    assert "It became a lead" in visitor.get(f"{SHELVES}{house.ids(submissions)[0]}").text


def test_only_the_chosen_ones_go(house: House) -> None:
    visitor = house.visitor()
    source = house.row(sources, name="Website").id
    visitor.send(visitor.get(f"/console/p/acme/sources/{source}").form("/pause"))
    held = [house.submit(name=f"N{number} Example") for number in range(3)]
    page = visitor.get(f"{SHELVES}?shelf=held")
    assert "N0 Example" in page.text
    assert "the source is paused" in page.text
    page = visitor.send(page.form("/release"), id=[held[1]])
    assert "1 released" in page.text
    states = [house.row(submissions, id=one).state for one in house.ids(submissions)]
    assert sorted(states) == ["held", "held", "received"]
    page = visitor.send(visitor.get(f"{SHELVES}?shelf=held").form("/release"))
    assert "Choose at least one" in page.text
    page = visitor.send(page.form("/release"), button="shown")
    assert "2 released: they go on as leads." in page.text
    assert "Nothing waits for a person." in visitor.get(f"{SHELVES}?shelf=held").text


def test_the_counts_stand_in_the_menu_and_on_the_first_page(house: House) -> None:
    house.submit(body="{")
    page = house.visitor().get("/console/p/acme/")
    assert "Quarantine 1" in page.text
    assert "1 quarantined : they arrived but could not be read as leads." in page.text


def test_another_projects_submissions_are_not_released(house: House) -> None:
    submission = house.submit("beta-form-key", body="{")
    visitor = house.visitor()
    house.submit(body="{")
    form = visitor.get(SHELVES).form("/release")
    page = visitor.send(form, id=[submission, "nonsense"])
    assert "Choose at least one" in page.text
    visitor.get(f"{SHELVES}{submission}", 404)
    visitor.get(f"/console/p/beta/quarantine/{submission}")


def test_refused_ones_say_by_which_rule_and_can_be_let_past_it(house: House) -> None:
    source = house.row(sources, name="Website")
    rule = {"reason": "no company", "when": {"not": {"required": ["keys"]}}}
    project = source.project_id
    document = {"name": "Website", "kind": "generic", "refuse": [rule]}
    configure.save_source(house.rt, project, document, "test", source.id)
    house.submit(name="Ada Example")
    house.work()
    visitor = house.visitor()
    page = visitor.get(f"{SHELVES}?shelf=refused")
    assert "no company" in page.text
    visitor.send(page.form("/release"), button="shown")
    house.work()
    assert house.row(leads).name == "Ada Example"


def test_what_was_turned_away_shows_reason_status_and_what_came(house: House) -> None:
    client = house.app.test_client()
    client.post("/in/quote-form-key", data=b'{"hello": 1}', content_type="application/json")
    client.post("/in/website-key-1", data=b"GIF89a", content_type="image/gif")
    page = house.visitor().get(f"{SHELVES}?shelf=turned-away")
    assert "401 the header Typeform-Signature is missing at Quote form" in page.text
    assert "415" in page.text
    assert '"hello": 1' in page.text


def test_the_body_can_be_saved_byte_for_byte_and_is_never_a_page(house: House) -> None:
    body = b"<script>alert(1)</script>\xff\x00"
    submission = house.submit(body=body)
    visitor = house.visitor()
    answer = visitor.client.get(visitor.get(f"{SHELVES}{submission}").link("Download"))
    assert answer.data == body
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    visitor.get(f"/console/p/beta/quarantine/{submission}/raw", 404)


def test_a_nested_body_does_not_keep_its_page_busy(house: House) -> None:
    """Indented in full it has two gigabytes."""
    body = "[" * 900 + ",".join("1" * 400_000) + "]" * 900
    address = f"{SHELVES}{house.submit(body=body)}"
    visitor = house.visitor()
    began = time.monotonic()
    page = visitor.get(address)
    assert time.monotonic() - began < 8
    assert "[" in page.text


def test_empty_shelves_say_so(house: House) -> None:
    visitor = house.visitor()
    for shelf, words in (
        ("quarantined", "Everything that arrived could be read."),
        ("refused", "No rule has refused anything."),
        ("turned-away", "No request was refused at the door."),
    ):
        assert words in visitor.get(f"{SHELVES}?shelf={shelf}").text


def test_a_long_shelf_has_pages(house: House) -> None:
    for _ in range(52):
        house.submit(body="{")
    visitor = house.visitor()
    page = visitor.get(SHELVES)
    assert len(submission_links(page)) == 50
    assert len(submission_links(visitor.get(page.link("Older")))) == 2
