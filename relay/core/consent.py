"""Consent: granted, denied or unknown, always with what was really said."""

from relay.core.contract import Json

_GRANTED = frozenset(
    """
    true 1 yes y on granted grant accepted accept agreed agree checked ok opt-in optin subscribed
    ja oui si sí sì sim evet tak да так 是 同意 はい 同意する 예 네 kyllä igen ano da ya có
    vâng
    """.split()  # noqa: SIM905 - words read best as words
)
_DENIED = frozenset(
    """
    false 0 no n off denied deny declined decline refused unchecked opt-out optout unsubscribed
    nein non não nao nee nej nei hayır hayir nie нет ні 否 不同意 いいえ 아니오 아니요 ei nem ne
    tidak không
    """.split()  # noqa: SIM905 - words read best as words
)
_GRANTING = (
    "i agree",
    "i accept",
    "i consent",
    "yes",
    "ich stimme zu",
    "ich akzeptiere",
    "ich willige ein",
    "ich bin einverstanden",
    "j'accepte",
    "j’accepte",
    "oui",
    "acepto",
    "estoy de acuerdo",
    "sí",
    "accetto",
    "acconsento",
    "aceito",
    "concordo",
    "ik ga akkoord",
    "wyrażam zgodę",
    "zgadzam się",
    "я согласен",
    "я согласна",
    "согласен",
    "согласна",
    "kabul ediyorum",
    "我同意",
    "同意します",
)  # fmt: skip - the sentences of a tick box, as many as fit on a line


def read_consent(raw: Json) -> str:
    """The state that a value says: granted, denied, or unknown where it says neither."""
    if isinstance(raw, bool):
        return "granted" if raw else "denied"
    if isinstance(raw, int | float):
        return "granted" if raw == 1 else "denied" if raw == 0 else "unknown"
    if isinstance(raw, list):
        states = {read_consent(item) for item in raw}
        return states.pop() if len(states) == 1 else "unknown"
    if isinstance(raw, str):
        return _said(raw.strip().lower())
    return "unknown"


def _said(text: str) -> str:
    if text in _GRANTED:
        return "granted"
    if text in _DENIED:
        return "denied"
    return "granted" if text.startswith(_GRANTING) else "unknown"
