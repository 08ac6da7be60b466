"""What became no lead: looked at, mapped again, let go on; and what was turned away."""

from relay.core.contract import Json
from relay.services import browse, trace
from relay.services.browse import SHELVES
from relay.services.quarantine import release
from relay.web.apis.own.answers import listed, missing, told
from relay.web.apis.own.bodies import IDENTIFIER, typed
from relay.web.apis.own.operations import PAGING, SOURCE, Asked, Operation, Parameter

RELEASE: Json = {
    "type": "object",
    "oneOf": [{"required": ["ids"]}, {"required": ["state"]}],
    "additionalProperties": False,
    "properties": {
        "ids": {"type": "array", "items": IDENTIFIER, "minItems": 1, "maxItems": 1000},
        "state": {"enum": list(SHELVES)},
        "source": IDENTIFIER,
    },
}


def _submissions(asked: Asked) -> Json:
    return listed(
        browse.shelved(
            asked.rt,
            asked.project.id,
            asked.query.get("state", "quarantined"),
            source=asked.query.get("source"),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _submission(asked: Asked) -> Json:
    found = trace.submission(asked.rt, asked.id())
    if found is None or found["project_id"] != asked.project.id:
        raise missing("submission")
    return told(found)


def _turned_away(asked: Asked) -> Json:
    return listed(
        browse.turned_away(
            asked.rt,
            asked.project.id,
            source=asked.query.get("source"),
            cursor=asked.cursor,
            limit=asked.limit,
        )
    )


def _release(asked: Asked) -> Json:
    given = typed(asked.body)
    ids = given.get("ids") or browse.shelf(
        asked.rt, asked.project.id, given["state"], source=given.get("source")
    )
    own = trace.submissions_in(asked.rt, asked.project.id, ids)
    if given.get("ids") and len(own) != len(set(ids)):
        raise missing("submission")
    done = release(asked.rt, own, asked.actor)
    return {
        "released": [str(one) for one in done.released],
        "still": {str(one): reasons for one, reasons in done.still.items()},
        "held": {str(one): reasons for one, reasons in done.held.items()},
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/submissions",
        name="listSubmissions",
        summary="What became no lead: quarantined, held or refused",
        scope="read",
        act=_submissions,
        query=(
            *PAGING,
            Parameter(name="state", about="Which; quarantined.", schema={"enum": list(SHELVES)}),
            SOURCE,
        ),
        tag="Submissions",
    ),
    Operation(
        method="GET",
        path="/submissions/{id}",
        name="getSubmission",
        summary="One submission as it came and as it was understood",
        scope="read",
        act=_submission,
        tag="Submissions",
    ),
    Operation(
        method="GET",
        path="/turned-away",
        name="listTurnedAway",
        summary="Requests refused at the door",
        scope="read",
        act=_turned_away,
        query=(*PAGING, SOURCE),
        tag="Submissions",
    ),
    Operation(
        method="POST",
        path="/submissions/release",
        name="release",
        summary="Map again what was quarantined, held or refused, and let it go on",
        scope="manage",
        act=_release,
        body=RELEASE,
        tag="Submissions",
    ),
)
