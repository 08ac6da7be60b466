"""What the relay has to know of one form builder: a declaration, and what it is made of."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from relay.core.conversations import Json, Outcome, Reply, Request, Settings
from relay.core.hosted_accounts import Account
from relay.core.inbound import Inbound
from relay.core.proofs import judge_header

Evidence = Literal["official schema", "derived schema", "captured payload", "documentation"]
"""What an integration was made from, the strongest of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature recipe as data; every HMAC scheme of inbound webhooks fits it.

    `signed` is a template over {raw}, {timestamp}, {method}, {url} and {header:NAME}. `tolerance`
    is in seconds and counts only where a timestamp is signed. `pattern`, where given, is a regular
    expression with the groups `signature` and `timestamp`, found together or one after the other,
    for headers that carry both or several signatures; `written` is how such a header is made.
    """

    header: str
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{raw}"
    timestamp_header: str | None = None
    timestamp_unit: Literal["s", "ms"] = "s"
    tolerance: int | None = None
    pattern: str | None = None
    written: str = "{signature}"
    secrets: str = "secrets"
    """The setting that holds the current signing secrets (a list, or one string); dots go down."""


Verifier = Callable[[Inbound, Settings], str | Signature | None]
"""Code for an odd scheme: returns None when genuine, the reason in a few words when not, or the
recipe to judge by where the settings hold it."""


@dataclass(frozen=True, slots=True)
class HeaderProof:
    """A verifier of the setting `header` and, where there is a recipe, of its signature as well.

    A source with it has `SECRET_HEADER` among its settings, and `header_credentials`.
    """

    recipe: Signature | None = None

    def __call__(self, inbound: Inbound, settings: Settings) -> str | Signature | None:
        """As every verifier."""
        return judge_header(inbound, settings) or self.recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One submission out of a body: the document that the adapter maps, and what identifies it.

    `event_id` names the provider's event (a repeat has the same). `lead_id` says which submissions
    are one lead; None makes every submission its own lead. It counts within its source, or, where
    `lead_scope` is "kind", for all the project's sources of that kind (it then names the form too).
    `secrets` are credentials that the request itself carries: they are masked in all that is kept.
    `erases` says that the provider wants the person behind `lead_id` forgotten.
    """

    document: Json
    event_id: str | None = None
    lead_id: str | None = None
    lead_scope: Literal["source", "kind"] = "source"
    test: bool = False
    partial: bool = False
    secrets: tuple[str, ...] = ()
    erases: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The answer to a provider's GET check."""

    body: str
    content_type: str = "text/plain"
    status: int = 200


Fetching = Generator[Request, Reply, Json | Outcome]
"""Asks the provider for a submission's data: returns what `parse` reads, as the body of a request,
as that one submission; or an Outcome that says why there is none yet (retry, throttled,
unauthorized) or ever (rejected, gone)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One submission as its provider lists it: a body that the source's `parse` reads.

    `at` is when it was made, in Unix seconds.
    """

    body: bytes
    at: float | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """One page of a provider's list; `cursor` leads to the next one, None where it is the last."""

    submissions: Sequence[Listed]
    cursor: str | None = None


Paging = Generator[Request, Reply, ListedPage | Outcome]
"""Asks the provider for one page of its list; an Outcome says why there is none now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How the submissions are had that a provider has kept, so that none is missing here.

    `ready` says whether the settings hold what it needs. `page` asks for the page at a cursor
    (None: the first) of what was made since then; both times, the second being now, are in Unix
    seconds. `by_content` is for providers whose webhook names no id: what is listed then counts as
    known where a submission of that time said all of it.
    """

    ready: Callable[[Settings], bool]
    page: Callable[[Settings, float, str | None, float], Paging]
    by_content: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the relay has to know of one form builder.

    `settings` is a JSON Schema (2020-12) of an object: form, validation, masking and docs follow
    from it; a property with `"secret": true` is stored encrypted. `retries` says whether the sender
    tries again after 429 and 503. `browser` says that visitors' browsers post to it themselves.
    `repeat_window` (seconds) is how long equal content counts as a repeat where the provider sends
    no id. `credentials` makes the headers, beside a signature, by which a sender shows that it is
    genuine; `imprint` puts a proof that stands in the body there. `tokens` are the names by which
    calls of a lead API find the configured source; no two sources of a kind may share one.
    `account` is how the leads of a hosted account are taken over.
    `fetch` is for providers who send an id alone: told a submission, the settings and the time
    (Unix seconds), it asks for the data outside the request, or is None where nothing is to be
    asked. `limits` are how often the provider may be asked for each source (`"10/second"`).
    `listing` is how missing submissions are found. `evidence` is what it was made from;
    `unverified` holds the words of a note where no live sender was at hand.
    """

    label: str
    summary: str
    settings: Json
    parse: Callable[[Inbound, Settings], list[Parsed]]
    verify: Sequence[Signature] | Verifier = ()
    credentials: Callable[[Settings], Mapping[str, str]] | None = None
    challenge: Callable[[Inbound, Settings], Challenge | None] | None = None
    retries: bool = False
    browser: bool = False
    repeat_window: int | None = None
    noise: Mapping[str, str] = field(default_factory=dict)
    """Keys to drop by name (normalised, `*` at the end allowed), with the rule's name."""
    tokens: Callable[[Settings], Sequence[str]] | None = None
    account: "Account | None" = None
    columns: Mapping[str, str] | None = None
    """Parameters by the lead's places, where calls are flat: what rows of a file are read as."""
    imprint: Callable[[Inbound, Settings], Inbound] | None = None
    fetch: Callable[[Parsed, Settings, float], Fetching | None] | None = None
    limits: tuple[str, ...] = ()
    listing: Listing | None = None
    evidence: Evidence = "documentation"
    unverified: str | None = None
