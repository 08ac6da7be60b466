"""Single sign-on by OpenID Connect: a provider is asked who somebody is (code flow with PKCE).

The conversation goes through the same guard as everything else, each request within a deadline and
a size. Who the provider says somebody is counts only where its signature, issuer, audience, times
and nonce are right.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import PreparedRequest, Response  # noqa: TID251 - the place for it
from urllib3.exceptions import HTTPError  # noqa: TID251 - the place for it

from relay.config import Config
from relay.core.contract import Json
from relay.net.guard import Blocked, Guard, Unresolved
from relay.net.pinned import Deadline, PinnedAdapter

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures that are taken: by a key pair of the provider's, never by a shared secret or none."""

LARGEST = 256 * 1024
"""Bytes of an answer."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
SCOPE = "openid email"


_NETWORK = (HTTPError, Blocked, Unresolved)


class Unproven(Exception):  # noqa: N818 - reads as the verdict it is
    """The provider did not prove who somebody is; the text says why."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What is remembered of one sign-in while the person is at the provider; nobody may see it."""

    state: str
    nonce: str
    verifier: str

    def to_json(self) -> dict[str, str]:
        """What `Flow(**...)` takes."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the provider; `email` is none where the provider has not verified it."""

    issuer: str
    subject: str
    email: str | None


class Provider:
    """The provider that is configured, for one sign-in."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._adapter = _Bounded(config)

    def begin(self, callback: str) -> tuple[str, Flow]:
        """The address to which the person goes, and what to remember. Raises Unproven."""
        flow = Flow(generate_token(32), generate_token(32), generate_token(64))
        with self._session(callback) as session:
            known = self._discover(session)
            address, _state = session.create_authorization_url(
                _endpoint(known, "authorization_endpoint"),
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(address), flow

    def finish(self, flow: Flow, callback: str, given: Mapping[str, str], now: float) -> Identity:
        """Who came back with what the provider sent along. Raises Unproven."""
        if not flow.state or given.get("state") != flow.state:
            raise Unproven("the answer is to another question")
        if "code" not in given:
            raise Unproven(f"the provider answered {given.get('error', 'nothing')[:100]!r}")
        with self._session(callback) as session:
            known = self._discover(session)
            if given.get("iss", known["issuer"]) != known["issuer"]:
                raise Unproven("another provider answered")
            token = self._token(session, known, given["code"], flow.verifier)
            keys = self._get(session, _endpoint(known, "jwks_uri"))
        return self._judged(token, keys, str(known["issuer"]), flow.nonce, now)

    def _session(self, callback: str) -> Any:
        session = OAuth2Session(
            client_id=self._config.oidc_client_id,
            client_secret=self._config.oidc_client_secret or None,
            scope=SCOPE,
            redirect_uri=callback,
            code_challenge_method="S256",
        )
        session.trust_env = False  # no proxies, no netrc
        session.max_redirects = 0
        for scheme in ("https://", "http://"):
            session.mount(scheme, self._adapter)
        return session

    def _discover(self, session: Any) -> dict[str, Json]:
        issuer = self._config.oidc_issuer
        known = self._get(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if str(known.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            raise Unproven("the provider calls itself by another name than RELAY_OIDC_ISSUER")
        return known

    def _get(self, session: Any, address: str) -> dict[str, Json]:
        try:
            answer = session.get(address, withhold_token=True)
            found = answer.json() if answer.status_code == 200 else None
        except (OSError, ValueError, *_NETWORK) as error:
            raise Unproven(f"the provider cannot be reached: {error}") from error
        if not isinstance(found, dict):
            raise Unproven(f"{address} answered {answer.status_code}")
        return found

    def _token(self, session: Any, known: Mapping[str, Json], code: str, verifier: str) -> str:
        methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        session.token_endpoint_auth_method = method if self._config.oidc_client_secret else "none"
        try:
            told = session.fetch_token(
                _endpoint(known, "token_endpoint"), code=code, code_verifier=verifier
            )
        except (OSError, ValueError, AuthlibBaseError, *_NETWORK) as error:
            raise Unproven(f"the provider gave no token: {error}") from error
        token = told.get("id_token")
        if not isinstance(token, str):
            raise Unproven("the provider gave no id token")
        return token

    def _judged(self, token: str, keys: Json, issuer: str, nonce: str, now: float) -> Identity:
        client = self._config.oidc_client_id
        options: Any = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        try:
            read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims, read.header, options, {"nonce": nonce, "client_id": client}
            )
            claims.validate(now=int(now), leeway=LEEWAY)
        except (ValueError, TypeError, KeyError, AuthlibBaseError, JoseError) as error:
            raise Unproven(f"the id token is not good: {error}") from error
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise Unproven("the id token names nobody")
        verified = claims.get("email_verified") in (True, "true")
        email = claims.get("email")
        return Identity(issuer, subject, email if verified and isinstance(email, str) else None)


class _Bounded(PinnedAdapter):
    """Judged addresses alone, each request within its time and each answer within its size."""

    def __init__(self, config: Config) -> None:
        self._until = Deadline()
        self._times = (config.total_seconds, config.connect_seconds, config.read_seconds)
        super().__init__(Guard(config.target_allow), self._until, size=1)

    def send(self, request: PreparedRequest, *_args: Any, **options: Any) -> Response:
        """Send it, and read the answer as far as it may go."""
        self._until.start(*self._times)
        answer = super().send(request, **{**options, "stream": True, "timeout": None})
        body = answer.raw.read(LARGEST + 1, decode_content=True)
        if len(body) > LARGEST:
            answer.raw.close()
            raise OSError("the answer is too large")
        answer.raw.release_conn()
        answer._content = body  # noqa: SLF001 - so that nobody reads the rest
        answer._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001 - the same
        return answer


def _endpoint(known: Mapping[str, Json], name: str) -> str:
    """An address of the provider's; over TLS, unless the provider itself is not."""
    address = str(known.get(name, ""))
    secure = {"https"} if str(known["issuer"]).startswith("https:") else {"https", "http"}
    if urlsplit(address).scheme not in secure:
        raise Unproven(f"the provider's {name} is no address to go to")
    return address
