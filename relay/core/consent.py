"""Consent: granted, denied or unknown, always with what was really said."""

import re

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
_GRANTING = re.compile(
    r"(?:i agree|i accept|i consent|yes|ich stimme zu|ich akzeptiere|ich willige ein"
    r"|ich bin einverstanden|j['’]accepte|oui|acepto|estoy de acuerdo|sí|accetto|acconsento|aceito"
    r"|concordo|ik ga akkoord|wyrażam zgodę|zgadzam się|я согласен|я согласна|согласен|согласна"
    r"|kabul ediyorum)(?![\w-])|我同意|同意します"
)
_DENYING = re.compile(
    r"(?:i do not|i don['’]t|i disagree|i decline|no thanks|no thank you|no,|nein,|non,|nee,|não,"
    r"|нет,|ich stimme nicht|ich akzeptiere nicht|ich willige nicht|ich bin nicht"
    r"|je n['’]accepte pas|je refuse|no acepto|no estoy de acuerdo|non accetto|non acconsento"
    r"|não aceito|não concordo|ik ga niet akkoord|nie wyrażam|nie zgadzam|я не соглас|не соглас"
    r"|kabul etmiyorum)"
    r"|我不同意|同意しません"
)
_TURNED = re.compile(
    r"[^\w.!;]*(?:[\w'’]+[^\w.!;'’]+){0,4}?(?:no|not|never|none|nothing|don['’]?t|won['’]?t|nicht"
    r"|nein|nie|kein\w*|non|pas|jamais|niet|nee|geen|nooit|nunca|nada|não|ikke|nej|inte|не|нет"
    r"|hayır)(?![\w-])"
    r"|[^\w.!;]*(?:please\W+)?unsubscribe"
)
"""What makes of a yes, within its next few words, something that only a person understands."""


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


def says_agreement(label: str) -> bool:
    """Whether the words of a tick box agree to something, in the first person."""
    return _agrees(label.strip().lower())


def says_no_to(words: str) -> bool:
    """Whether words that name a tick box ask for something not to be."""
    text = words.strip().lower()
    found = _GRANTING.match(text)
    return _TURNED.match(text, found.end() if found else 0) is not None


def _said(text: str) -> str:
    if text in _DENIED or _DENYING.match(text):
        return "denied"
    return "granted" if text in _GRANTED or _agrees(text) else "unknown"


def _agrees(text: str) -> bool:
    found = _GRANTING.match(text)
    return found is not None and _TURNED.match(text, found.end()) is None
