"""CRMs whose address stands in the settings or in an answer: nothing goes anywhere else."""

from typing import Any

import pytest

from integrations.dynamics_365.access import api_of as dynamics_api
from integrations.dynamics_365.access import web_of
from integrations.zoho_crm.access import DATA_CENTRES, api_of
from relay.core.checks import problems
from relay.core.contract import Access, Json, Request
from tests.integrations.conversing import catalog, usual


def refused(kind: str, **settings: Any) -> list[str]:
    """What is wrong with the usual settings, changed like this."""
    schema = catalog().targets[kind].target.settings
    return problems(schema, {**usual(kind)["settings"], **settings})


@pytest.mark.parametrize(
    "url",
    [
        "http://contoso.crm.dynamics.com",
        "https://contoso.crm.dynamics.com.evil.test",
        "https://evil.test/contoso.crm.dynamics.com",
        "https://contoso.crm.dynamics.com:8443",
        "https://a@contoso.crm.dynamics.com",
        "https://contoso.crm.dynamics.com/api",
        "https://contoso.crm.dynamics.com\n",
        "https://crm.dynamics.com",
        "https://10.0.0.1",
    ],
)
def test_dynamics_is_at_microsoft_alone(url: str) -> None:
    assert refused("dynamics_365", url=url)


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://contoso.crm.dynamics.com/", "https://contoso.api.crm.dynamics.com"),
        ("https://contoso.api.crm11.dynamics.com", "https://contoso.api.crm11.dynamics.com"),
        ("https://a.crm.microsoftdynamics.us", "https://a.api.crm.microsoftdynamics.us"),
        ("https://a.crm.appsplatform.us", "https://a.api.crm.appsplatform.us"),
        ("https://a.crm.dynamics.cn", "https://a.api.crm.dynamics.cn"),
    ],
)
def test_dynamics_is_found_in_every_cloud(url: str, api: str) -> None:
    assert refused("dynamics_365", url=url) == []
    assert dynamics_api({"url": url}) == f"{api}/api/data/v9.2"
    assert ".api." not in web_of({"url": url})


def granted(url: str) -> str:
    """Where a token for this environment is asked for."""
    grant = catalog().targets["dynamics_365"].target.grant
    assert grant is not None
    settings: Json = {**usual("dynamics_365")["settings"], "url": url}
    return next(grant.ask(settings, None, 0)).url.split("/")[2]


def test_each_cloud_has_its_own_sign_in() -> None:
    assert granted("https://a.crm9.dynamics.com") == "login.microsoftonline.com"
    assert granted("https://a.crm.microsoftdynamics.us") == "login.microsoftonline.us"
    assert granted("https://a.crm.appsplatform.us") == "login.microsoftonline.us"
    assert granted("https://a.crm.dynamics.cn") == "login.partner.microsoftonline.cn"


@pytest.mark.parametrize(
    "alias",
    [
        "evil.test/crm/sales",
        "widgetz.myfreshworks.com.evil.test",
        "widgetz.myfreshworks.com/other",
        "widgetz.myfreshworks.com@evil.test",
        "http://widgetz.myfreshworks.com",
        "myfreshworks.com",
        "widgetz.myfreshworks.com\n",
    ],
)
def test_freshsales_is_at_freshworks_alone(alias: str) -> None:
    assert refused("freshsales", bundle_alias=alias)


@pytest.mark.parametrize(
    "alias",
    [
        "widgetz.myfreshworks.com",
        "widgetz.myfreshworks.com/crm/sales",
        "https://widgetz.myfreshworks.com/crm/sales/",
    ],
)
def test_freshsales_takes_what_was_copied(alias: str) -> None:
    assert refused("freshsales", bundle_alias=alias) == []
    target = catalog().targets["freshsales"].target
    assert target.rate_key({"bundle_alias": alias}) == "https://widgetz.myfreshworks.com/crm/sales"


@pytest.mark.parametrize(
    "said",
    ["https://evil.test", "https://www.zohoapis.com.evil.test", "http://www.zohoapis.eu", "", None],
)
def test_zohos_api_is_at_zoho_whatever_the_answer_says(said: str | None) -> None:
    access = Access(token="t", details={"api_domain": said})
    assert api_of({"data_centre": "eu"}, access) == "https://www.zohoapis.eu"


@pytest.mark.parametrize("centre", DATA_CENTRES)
def test_every_data_centre_of_zoho_is_its_own(centre: str) -> None:
    assert refused("zoho_crm", data_centre=centre) == []
    of_centre = DATA_CENTRES[centre]
    access = Access(token="t", details={"api_domain": f"https://{of_centre.api}"})
    assert api_of({}, access) == f"https://{of_centre.api}"
    grant = catalog().targets["zoho_crm"].target.grant
    assert grant is not None
    settings: Json = {**usual("zoho_crm")["settings"], "data_centre": centre}
    asked = next(grant.ask(settings, None, 0))
    assert isinstance(asked, Request)
    assert asked.url == f"https://{of_centre.accounts}/oauth/v2/token"
