"""Page addresses tell of campaigns, and nothing that they hold breaks anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.inbound import Inbound
from relay.core.links import are_links, entry_on_site, host_of, query_pairs
from tests.core.conftest import Mapping


@pytest.mark.parametrize(
    ("address", "pairs"),
    [
        ("https://x.example/?a=1&b=%C3%A9+x", [("a", "1"), ("b", "é x")]),
        ("https://x.example/#/page?a=1", [("a", "1")]),
        ("https://x.example/?a=1#b=2", [("a", "1"), ("b", "2")]),
        ("?a=1", [("a", "1")]),
        ("/path?a=&b=2", [("b", "2")]),
        ("https://[broken/?a=1", []),
        ("no query", []),
        ("https://x.example/?" + "a=1&" * 500, []),
        ("https://x.example/?a=" + "x" * 9000, []),
    ],
)
def test_the_query_of_an_address(address: str, pairs: list[tuple[str, str]]) -> None:
    assert list(query_pairs(address)) == pairs


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda text: f"https://[{text}?a={text}#=1"))
def test_no_text_makes_it_raise(text: str) -> None:
    assert all(isinstance(value, str) for _, value in query_pairs(text))
    assert isinstance(host_of(text), str)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://WWW.Example.com:8443/a?b=c", "www.example.com"),
        ("http://user@x.example", "x.example"),
        ("no address", ""),
        ("https://[broken/?a=1", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_the_host_of_an_address(address: object, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("https://x.example/uploads/a.pdf", True),
        (["http://x.example/uploads/a", "https://y.example/files/b"], True),
        ("https://x.example/a.pdf", False),
        ("see https://x.example/uploads/a.pdf", False),
        ("ftp://x.example/uploads/a.pdf", False),
        (["https://x.example/uploads/a", "b"], False),
        ([], False),
        ("", False),
        (None, False),
        ([["https://x.example/uploads/a"]], False),
    ],
)
def test_links_to_files_are_known_by_a_part(value: object, links: bool) -> None:
    assert are_links(value, "/uploads/", "/files/") is links


def test_campaigns_and_clicks_are_read_out_of_page_and_referrer(form: Mapping) -> None:
    page = "https://x.example/?utm_source=google&utm_medium=cpc&gclid=Cj0%2BKQ_-&fbclid=F"
    attribution = form({"page_url": page, "referrer": "https://g.example/?utm_term=x"}).document[
        "attribution"
    ]
    assert attribution["utm"] == {"source": "google", "medium": "cpc", "term": "x"}
    assert attribution["click_ids"] == {"gclid": "Cj0+KQ_-", "fbclid": "F"}
    assert attribution["page_url"] == page


def test_what_the_form_said_outright_wins(form: Mapping) -> None:
    attribution = form(
        {"utm_source": "mail", "gclid": "Own", "page_url": "https://x.example/?gclid=Other&dclid=D"}
    ).document["attribution"]
    assert attribution["utm"] == {"source": "mail"}
    assert attribution["click_ids"] == {"gclid": "Own", "dclid": "D"}


def test_campaigns_of_two_visits_are_not_mixed(form: Mapping) -> None:
    attribution = form(
        {
            "page_url": "https://x.example/?utm_source=google&utm_campaign=spring",
            "referrer": "https://y.example/?utm_source=bing&utm_term=shoes&msclkid=M",
        }
    ).document["attribution"]
    assert attribution["utm"] == {"source": "google", "campaign": "spring"}
    assert attribution["click_ids"] == {"msclkid": "M"}


def test_click_ids_are_kept_to_the_letter(form: Mapping) -> None:
    gclid = "  Cj0KCQiA-_ABC%2b+/=  "
    assert form({"gclid": gclid}).document["attribution"]["click_ids"] == {"gclid": gclid}
    two = form({"gclid": ["A", "B"]}).document
    assert two["form"]["fields"] == {"gclid": ["A", "B"]}


@pytest.mark.parametrize(
    ("agent", "address", "numbers", "name"),
    [
        ("WordPress/6.8; https://One.example/blog", None, (3, "17"), "one.example 3 17"),
        (
            "WordPress/6.8; https://one.example",
            "https://two.example/p",
            (3, 17),
            "two.example 3 17",
        ),
        ("curl/8", "no address", ("3", "17"), " 3 17"),
        ("", "https://two.example", ("3", ""), None),
        ("", "https://two.example", ("3", None), None),
        ("", "https://two.example", ("x", 17), None),
    ],
)
def test_entries_are_numbered_by_their_site(
    agent: str, address: object, numbers: tuple[object, ...], name: str | None
) -> None:
    inbound = Inbound(body=b"", headers={"user-agent": agent})
    assert entry_on_site(inbound, address, *numbers) == name
