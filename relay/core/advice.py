"""What an attempt's outcome means, and what a person can do about it: one catalogue, in words."""

from dataclasses import dataclass
from typing import Literal

Step = Literal["settings", "mapping", "limits", "resume", "replay", "source", "wait", ""]
"""Where the advice is carried out: the target's settings, its mapping, its limits, its pause; the
deliveries, to be sent again; the source. Nowhere, where the relay goes on by itself."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Why it went wrong, and what to do; both are whole sentences without anything personal."""

    cause: str
    todo: str
    step: Step = ""


OF_ERROR: dict[str, Advice] = {
    "dns": Advice(
        "The host name of its address was not found.",
        "Look for a typing mistake in the address; if it is right, the name may have run out.",
        "settings",
    ),
    "blocked": Advice(
        "Its address is in a network that the relay may not connect to.",
        "If that network is yours, name it in RELAY_TARGET_ALLOW; else correct the address.",
        "settings",
    ),
    "refused": Advice(
        "Nothing listens at its address: the connection was refused.",
        "See whether the system runs, and whether host and port are right.",
        "settings",
    ),
    "unreachable": Advice(
        "Its host cannot be reached from here.",
        "See whether the system runs, and whether a firewall stands between.",
        "wait",
    ),
    "reset": Advice(
        "The connection broke off before the answer was there.",
        "It is tried again by itself. If it stays so, ask those who run the system.",
        "wait",
    ),
    "timeout": Advice(
        "It did not answer in time.",
        "It is tried again by itself. If it stays so, the system is overloaded or down.",
        "wait",
    ),
    "tls": Advice(
        "There is no secure connection: its certificate is not accepted, or has ended.",
        "Ask those who run the system to renew its certificate for exactly this name.",
        "settings",
    ),
    "protocol": Advice(
        "What answered does not speak the expected protocol.",
        "See whether the address and port are those of the system.",
        "settings",
    ),
    "invalid": Advice(
        "The request could not be sent as it is.",
        "Check the address and the headers in the settings.",
        "settings",
    ),
    "bug": Advice(
        "The integration failed: this is a mistake of the relay.",
        "The worker's log has the details; report them. It is tried again by itself.",
        "wait",
    ),
}
"""Where no whole answer came, by the attempt's kind of failure."""

OF_STATUS: dict[int, Advice] = {
    400: Advice(
        "It does not understand what it is sent.",
        "Compare what was sent with what it expects, put the mapping right, then send again.",
        "mapping",
    ),
    404: Advice(
        "There is nothing at its address.",
        "Correct the address or the record it names in the settings, then send again.",
        "settings",
    ),
    405: Advice(
        "Its address does not take this kind of request.",
        "Check the address, and the method where it can be chosen.",
        "settings",
    ),
    409: Advice(
        "It says that this clashes with what it has already.",
        "Look the lead up there; often nothing more is to be done.",
        "mapping",
    ),
    413: Advice(
        "What it is sent is too large for it.",
        "Leave long answers out of the mapping, then send again.",
        "mapping",
    ),
    422: Advice(
        "It does not accept the values it is sent.",
        "Look at its answer for the field it names, put the mapping right, then send again.",
        "mapping",
    ),
}
"""Where it answered, by the answer's status."""

OF_OUTCOME: dict[str, Advice] = {
    "rejected": Advice(
        "It took the request, and does not want this lead.",
        "Look at its last answer, put the cause right, then send again.",
        "mapping",
    ),
    "retry": Advice(
        "It could not take the lead just then.",
        "It is tried again by itself. If it stays so, look at its answers.",
        "wait",
    ),
    "throttled": Advice(
        "It asks for fewer requests.",
        "What waits goes out later by itself. A limit set here keeps it from happening.",
        "limits",
    ),
    "unauthorized": Advice(
        "Its credentials are not accepted.",
        "Enter working ones in its settings; what waits then goes out by itself.",
        "settings",
    ),
    "gone": Advice(
        "It says that it is gone: what it stood for has been removed there.",
        "Point it to something that is there, then let it go on.",
        "settings",
    ),
    "ignored": Advice(
        "It took the lead, but did nothing with it.",
        "Often it has the lead already. Its answer says more.",
    ),
    "accepted": Advice("It took the lead, and says later what became of it.", "Nothing.", "wait"),
}
"""What else is to be said of an outcome."""

_SERVER = Advice(
    "It failed itself: its answer is an error of its own.",
    "It is tried again by itself. If it stays so, ask those who run the system.",
    "wait",
)
_ELSEWHERE = Advice(
    "It answers that it has moved, and the relay follows nowhere.",
    "Enter the address that it points to.",
    "settings",
)
_FORBIDDEN = Advice(
    "It does not let these credentials do this.",
    "Give them the permission there, or enter others.",
    "settings",
)


def of_attempt(outcome: str, status: int | None = None, error: str | None = None) -> Advice | None:
    """What an attempt with this outcome calls for; None where it went well.

    `error` is its kind of failure, where no whole answer came.
    """
    if outcome == "delivered":
        return None
    if outcome in {"unauthorized", "gone", "throttled", "ignored", "accepted"}:
        return OF_OUTCOME[outcome]
    if error in OF_ERROR:
        return OF_ERROR[error]
    if status is not None and (found := _of_status(status)):
        return found
    return OF_OUTCOME.get(outcome)


def _of_status(status: int) -> Advice | None:
    if status == 403:
        return _FORBIDDEN
    if 300 <= status < 400:
        return _ELSEWHERE
    return _SERVER if status >= 500 else OF_STATUS.get(status)
