"""What states are called on the screen, which colour they have, and what one can do about them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A state in words: `tone` is good, busy, warn, bad or quiet; `advice` is for the person."""

    label: str
    tone: str
    advice: str = ""


DELIVERY = {
    "waiting": Word("Waiting", "busy", "It goes out by itself at the time shown."),
    "sending": Word("Sending", "busy", "It is under way right now."),
    "delivered": Word("Delivered", "good"),
    "ignored": Word(
        "No effect",
        "warn",
        "The target answered that it took the lead, but did nothing with it.",
    ),
    "failed": Word(
        "Failed",
        "bad",
        "Look at the last answer below, put the cause right, then send it again.",
    ),
    "expired": Word(
        "Expired",
        "bad",
        "It waited longer than allowed. If it is still of use, send it again.",
    ),
    "superseded": Word("Superseded", "quiet", "A newer version of the lead went out instead."),
    "skipped": Word("Skipped", "quiet", "A rule decided that this target does not get this lead."),
    "cancelled": Word("Cancelled", "quiet", "Somebody stopped it before it went out."),
}

SUBMISSION = {
    "received": Word("Received", "busy", "It is safely kept and becomes a lead in a moment."),
    "stored": Word("Became a lead", "good"),
    "duplicate": Word("Repeat", "quiet", "The same submission had arrived before."),
    "refused": Word("Refused", "quiet", "A rule of this source does not want it as a lead."),
    "quarantined": Word(
        "Quarantined",
        "bad",
        "It could not be read as a lead. Put the mapping right, then release it.",
    ),
    "held": Word("Held", "warn", "It is fine, but waits for somebody to let it through."),
}

ARRIVED = SUBMISSION | {
    "turned away": Word("Turned away", "warn", "It was refused at the door and is no submission."),
}

SENT = {
    "failed": "One has failed",
    "waiting": "One still waits",
    "delivered": "All delivered",
    "skipped": "One was skipped",
    "nowhere": "Went nowhere",
}

KIND = {
    "real": "Real ones",
    "test": "Test leads",
    "partial": "Partial ones",
    "archived": "Archived ones",
}

UPLOAD = {
    "new": Word("Not begun", "warn", "Say where its columns go."),
    "waiting": Word("Waiting", "busy", "It begins in a moment."),
    "running": Word("Importing", "busy", "It goes on by itself; you may leave this page."),
    "finished": Word("Finished", "good"),
    "cancelled": Word("Stopped", "quiet", "Leads that are there already stay."),
    "failed": Word("Failed", "bad"),
}

BULK = {
    "waiting": Word("Not begun", "warn", "It begins in a moment, and can still be called off."),
    "running": Word("Running", "busy", "It goes on by itself; you may leave this page."),
    "finished": Word("Finished", "good"),
    "stopped": Word("Stopped", "quiet", "What was done until then stays."),
    "failed": Word("Failed", "bad"),
}

BULK_ACTION = {
    "retry": "Retry",
    "replay": "Send again",
    "replay_to": "Send to another target",
    "cancel": "Cancel",
    "catch_up": "Bring what it never got",
}

OUTCOME = {
    "delivered": Word("Delivered", "good"),
    "ignored": Word("No effect", "warn"),
    "accepted": Word("Taken, asked about later", "busy"),
    "rejected": Word("Rejected", "bad"),
    "retry": Word("To be retried", "warn"),
    "throttled": Word("Told to slow down", "warn"),
    "unauthorized": Word("Not authorised", "bad"),
    "gone": Word("Gone", "bad"),
}

TRIAL = OUTCOME | {"retry": Word("Does not work now", "bad")}

CHECK = TRIAL | {"delivered": Word("Works", "good")}

EVENT = {"created": "New lead", "updated": "Update", "status": "Status"}

CHANGE = {
    "pending": Word("Queued", "busy"),
    "done": Word("Status", "good"),
}

NOTICE = {
    "waiting": Word("Waiting", "busy"),
    "sending": Word("Sending", "busy"),
    "sent": Word("Sent", "good"),
    "failed": Word("Failed", "bad"),
    "dropped": Word("Not needed", "quiet", "It was over, or muted, before it went out."),
}

PAUSE = {
    "manual": "Paused by a person",
    "unauthorized": "Paused: its credentials are not accepted",
    "gone": "Paused: the target says that it is gone",
}

UNKNOWN = Word("Unknown", "quiet")


def delivery(state: str) -> Word:
    """The word for a delivery's state."""
    return DELIVERY.get(state, UNKNOWN)


def submission(state: str) -> Word:
    """The word for a submission's state."""
    return SUBMISSION.get(state, UNKNOWN)


def arrived(what: str) -> Word:
    """The word for what became of something that arrived, also where it is no submission."""
    return ARRIVED.get(what, UNKNOWN)


def upload(state: str) -> Word:
    """The word for the state of a file's import."""
    return UPLOAD.get(state, UNKNOWN)


def bulk(state: str) -> Word:
    """The word for the state of a bulk run."""
    return BULK.get(state, UNKNOWN)


def change(state: str) -> Word:
    """The word for the state of a change of a lead's status."""
    return CHANGE.get(state, UNKNOWN)


def outcome(kind: str) -> Word:
    """The word for an attempt's outcome."""
    return OUTCOME.get(kind, UNKNOWN)


def trial(kind: str, how: str) -> Word:
    """The word for how a check of the connection or a test lead went, which is not repeated."""
    return (CHECK if how == "check" else TRIAL).get(kind, UNKNOWN)
