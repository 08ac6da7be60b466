"""Problems in words: what is wrong, why, and what to do about it. Nothing personal is in them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from relay.core.advice import OF_OUTCOME, Advice, of_attempt

Told = Mapping[str, Any]
"""A problem's columns, with the names of its `source` and `target` where it has one."""

PROCESSES = {
    "worker": "No worker is running",
    "clock": "No clock is running",
    "redis": "Redis does not answer",
}


def title(told: Told) -> str:
    """The problem in one line."""
    return _TITLES[told["sort"]](told)


def advice(told: Told) -> Advice:
    """Why it is so, and what to do."""
    if told["sort"] == "delivery":
        code = str(told["code"])
        status = int(code) if code.isdecimal() else None
        found = of_attempt(told["outcome"], status, None if status else code)
        return found or OF_OUTCOME["rejected"]
    if told["sort"] == "paused":
        return _MANUAL if told["outcome"] == "manual" else OF_OUTCOME[told["outcome"]]
    if told["sort"] == "overdue":
        return _OVERDUE.get(told["code"], _OVERDUE[""])
    if told["sort"] == "process":
        return _PROCESS[told["code"]]
    return _ADVICE[told["sort"]]


def particulars(told: Told) -> list[str]:
    """What else there is to say of this one, a sentence each."""
    return _silent(told["facts"]) if told["sort"] == "silence" else []


def _silent(facts: Mapping[str, Any]) -> list[str]:
    last, until = (datetime.fromisoformat(facts[name]) for name in ("last", "until"))
    stretch = f"between {last:%A %H:%M} and {until:%A %H:%M} UTC"
    if (days := (until - last).days) >= 6:
        stretch = f"within {days} days"
    usual = (
        f"Usually about {facts['usual']} arrive {stretch}, by what came in {facts['weeks']} weeks;"
    )
    said = [f"{usual} none has since {last.day} {last:%B, %H:%M} UTC."]
    if refused := facts.get("refused"):
        said.append(f"Since then {refused} were turned away at its door: {facts['reason']}.")
    if missed := facts.get("missed"):
        said.append(
            f"Its provider lists {missed} that never came by themselves: its webhook is switched "
            "off there, or points elsewhere."
        )
    if not refused and not missed:
        said.append(
            "Often the webhook was removed or its address changed at the form, or the page with "
            "the form is offline."
        )
    return said


def _about(told: Told) -> str:
    """What it is about, by name; what was removed has none any more."""
    return str(told.get("target") or told.get("source") or "What has been removed")


def _delivery(told: Told) -> str:
    code, who = told["code"], _about(told)
    if told["outcome"] == "throttled":
        return f"{who} asks for fewer requests"
    if told["outcome"] == "rejected":
        return f"{who} rejects leads ({code})" if code else f"Leads do not fit {who}"
    if str(code).isdecimal():
        return f"{who} answers {code}"
    return f"{who}: {_FAILURES.get(code, 'attempts fail')}"


def _paused(told: Told) -> str:
    why = {
        "unauthorized": "its credentials are not accepted",
        "gone": "it says that it is gone",
        "manual": "by hand, for more than a day, and leads wait",
    }[told["outcome"]]
    return f"{_about(told)} is paused: {why}"


def _overdue(told: Told) -> str:
    what = {
        "submissions": "What arrives is not stored in time",
        "fetches": "Data is not fetched from providers in time",
    }.get(told["code"])
    return what or f"Leads for {_about(told)} do not go out in time"


def _ends(told: Told) -> str:
    ends = date.fromisoformat(told["facts"]["ends"])
    return f"{ends.day} {ends:%B %Y}"


def _version(told: Told) -> str:
    facts = told["facts"]
    return f"{_about(told)}: {facts['label']} ends version {facts['version']} on {_ends(told)}"


def _disk(told: Told) -> str:
    return f"The disk of {told['code']} runs low: {told['facts']['free_mb']} MB are free"


_TITLES: dict[str, Callable[[Told], str]] = {
    "delivery": _delivery,
    "expired": lambda told: f"Deliveries to {_about(told)} became too old",
    "crashed": lambda told: f"Deliveries to {_about(told)} end their worker",
    "paused": _paused,
    "unreachable": lambda told: f"{_about(told)} does not answer",
    "overdue": _overdue,
    "quarantine": lambda told: f"{_about(told)} sends what cannot be read: {told['code']}",
    "turned away": lambda told: f"{_about(told)} turns requests away: {told['code']}",
    "silence": lambda told: f"{_about(told)} has gone silent",
    "credential": lambda told: f"The credentials of {_about(told)} end on {_ends(told)}",
    "version": _version,
    "reconcile": lambda told: f"The list of {_about(told)} cannot be had from its provider",
    "notice": lambda told: f"Notices to {told['code']} cannot be sent",
    "disk": _disk,
    "process": lambda told: PROCESSES[told["code"]],
}

_FAILURES = {
    "dns": "its host name is not found",
    "blocked": "its address may not be connected to",
    "refused": "it refuses connections",
    "unreachable": "it cannot be reached",
    "reset": "its connections break off",
    "timeout": "it does not answer in time",
    "tls": "there is no secure connection",
    "protocol": "its answers are not understood",
    "invalid": "requests cannot be sent",
    "bug": "the integration fails",
}

_MANUAL = Advice(
    "Somebody has paused it, and what is owed to it waits.",
    "Resume it, or cancel what waits.",
    "resume",
)

_OVERDUE = {
    "": Advice(
        "Deliveries are due and are not taken.",
        "See whether a worker runs and keeps up; with more than it can send, start another one.",
        "wait",
    ),
    "submissions": Advice(
        "Submissions are kept safely, and wait to become leads.",
        "See whether a worker runs and keeps up; its log says what fails.",
        "wait",
    ),
    "fetches": Advice(
        "Submissions wait for data that a provider has not given.",
        "Look at what is held for it; often the source's access has to be renewed.",
        "source",
    ),
}

_PROCESS = {
    "worker": Advice(
        "What arrives is kept, but nothing is stored or sent.",
        "Start one: python -m relay worker. See why the last one ended in its log.",
    ),
    "clock": Advice(
        "New leads go out, but nothing that has to wait for its time.",
        "Start one: python -m relay clock.",
    ),
    "redis": Advice(
        "What arrives is kept, but workers learn of it late or not at all.",
        "See whether it runs, and whether REDIS_URL is right. Nothing is lost with it.",
    ),
}

_ADVICE = {
    "expired": Advice(
        "They waited longer than the target allows: it was paused, held back or unreachable.",
        "If they are still of use, let the target go on and send them again.",
        "replay",
    ),
    "crashed": Advice(
        "A worker ended three times while it was sending them, and they were given up.",
        "The worker's log says why it ended. Send them again once it is put right.",
        "replay",
    ),
    "unreachable": Advice(
        "So many attempts failed in a row that one is tried now and then.",
        "See whether the system runs. As soon as it answers, all that waits goes out by itself.",
        "wait",
    ),
    "quarantine": Advice(
        "They arrived and are kept whole, but are not of the form that the source expects.",
        "Look at one beside the source's mapping, put that right, then release them.",
        "source",
    ),
    "turned away": Advice(
        "Requests reach the source's address, and are refused at the door.",
        "Compare the secrets on both sides. What was refused is not kept as a lead: send it anew.",
        "source",
    ),
    "silence": Advice(
        "Nothing has arrived for longer than its own rhythm explains.",
        "Send a test by the form itself, and see whether it arrives.",
        "source",
    ),
    "credential": Advice(
        "From that day on its credentials are not accepted any more.",
        "Make new ones with the vendor, and enter them with their day.",
        "settings",
    ),
    "version": Advice(
        "The vendor takes away the version of its API that is used.",
        "Choose a newer one in the settings where there is one, or upgrade the relay.",
        "settings",
    ),
    "reconcile": Advice(
        "The newest comparison with the provider's list could not be ended.",
        "Often the access to it has ended: enter a new one in the source's settings.",
        "source",
    ),
    "notice": Advice(
        "The newest notice was refused or given up.",
        "Send a test notice, and put right what its answer says.",
    ),
    "disk": Advice(
        "When it is full, nothing more can be taken in.",
        "Make room, give it a larger disk, or keep bodies and attempts for fewer days.",
    ),
}
