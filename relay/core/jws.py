"""Signed tokens (RFC 7515, RFC 7519): judged where senders prove themselves by one, and made where
vendors ask for one."""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import jwt.types

LEEWAY = 60.0
"""Seconds that clocks may differ by."""

_NOTHING: jwt.types.Options = {  # times are judged here, by the relay's clock
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


def read_claims(token: str) -> dict[str, Any] | str:
    """What a token says, whoever made it, else the reason why it says nothing.

    Only for a token that `read_signed` has judged, or where nobody was asked to prove anything.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={**_NOTHING, "verify_signature": False})
    except (jwt.InvalidTokenError, ValueError) as error:
        return f"this is no token: {error}"
    return claims


def read_signed(
    token: str, key: str, algorithms: Sequence[str], now: float
) -> dict[str, Any] | str:
    """The claims of a genuine token, else the reason why it is none, in a few words.

    `now` is in Unix seconds; clocks may differ by LEEWAY.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=list(algorithms), options={**_NOTHING, "verify_signature": True}
        )
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, ValueError, TypeError) as error:
        return f"the token is not genuine: {error}"
    for claim, late in (("exp", now - LEEWAY), ("nbf", None)):
        at = claims.get(claim)
        if isinstance(at, bool) or not isinstance(at, int | float):
            continue
        if late is not None and at < late:
            return "the token has expired"
        if late is None and at > now + LEEWAY:
            return "the token is not valid yet"
    return claims


def write_signed(
    claims: Mapping[str, Any], key: str, algorithm: str, headers: Mapping[str, str] | None = None
) -> str:
    """A signed token of these claims. Raises ValueError where the key is none."""
    try:
        return jwt.encode(dict(claims), key, algorithm=algorithm, headers=dict(headers or {}))
    except (jwt.PyJWTError, TypeError) as error:
        raise ValueError(f"the private key cannot sign: {error}") from error
