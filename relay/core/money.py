"""Amounts of money: whole minor units inside, and the numbers that people and APIs write."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

LARGEST = 2**53 - 1
"""Minor units that every reader of JSON tells apart."""

_LONGEST = 40

_DIGITS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),  # noqa: SIM905 - words read best as words
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Digits behind the point by currency, two where nothing stands here (ISO 4217)."""

USUAL_DIGITS = 2
"""Digits behind the point of most currencies."""

CURRENCIES_BY_DIGITS = {
    digits: sorted(name for name, own in _DIGITS.items() if own == digits) for digits in (0, 3, 4)
}
"""The currencies that have other than two digits behind the point."""


def to_minor(amount: int | float | str, currency: str | None) -> int | None:
    """The amount in minor units, half of one rounded away from zero; None where it is no amount.

    A float counts as the shortest decimal number that stands for it: 19.99 is 1999 cents.
    """
    text = str(amount).strip()
    if isinstance(amount, bool) or len(text) > _LONGEST or "_" in text:
        return None
    try:
        exact = Decimal(text)
        if exact.adjusted() > _LONGEST:  # a number of a million digits takes long to make
            return None
        minor = int(exact.scaleb(_digits(currency)).to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return minor if abs(minor) <= LARGEST else None


def to_major(minor: int, currency: str | None) -> int | float:
    """Minor units as the number that is written: 1999 cents are 19.99, 2000 are 20."""
    amount = Decimal(minor).scaleb(-_digits(currency))
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _digits(currency: str | None) -> int:
    return _DIGITS.get((currency or "").upper(), USUAL_DIGITS)
