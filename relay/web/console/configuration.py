"""The configuration as one document: downloaded, and brought in with its difference shown first."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from relay.core.contract import Json
from relay.core.documents import Malformed, read_document, write_document
from relay.core.secrets import Sealed
from relay.runtime import current
from relay.services import importing
from relay.services.export import export
from relay.services.importing import Import
from relay.services.wanted import Mistakes
from relay.web.console import project
from relay.web.console.project import actor, needs, needs_everywhere

pages = Blueprint("configuration", __name__, url_prefix="/configuration")
whole = Blueprint("configuration", __name__, url_prefix="/configuration")
project.around(whole)

LONGEST = 400_000
"""Characters of a document."""
VARIABLE = "variable."
"""How fields for values of variables begin."""

WRITERS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "yaml": ("application/yaml", write_document),
    "json": ("application/json", lambda told: json.dumps(told, ensure_ascii=False, indent=2)),
}


@pages.route("/", methods=["GET", "POST"])
@needs("owner")
def index() -> ResponseReturnValue:
    """The project's document."""
    return _brought(g.project["public_id"]) if request.method == "POST" else _page()


@pages.get("/document.yaml", defaults={"ending": "yaml"})
@pages.get("/document.json", defaults={"ending": "json"})
@needs("owner")
def download(ending: str) -> Response:
    """The project's document as a file, every secret as the name of a variable."""
    return _file(g.project["public_id"], ending)


@whole.route("/", methods=["GET", "POST"])
@needs_everywhere("owner")
def everywhere() -> ResponseReturnValue:
    """The document of all projects."""
    return _brought(None) if request.method == "POST" else _page(whole=True)


@whole.get("/document.yaml", defaults={"ending": "yaml"})
@whole.get("/document.json", defaults={"ending": "json"})
@needs_everywhere("owner")
def download_all(ending: str) -> Response:
    """The document of all projects as a file."""
    return _file(None, ending)


def _file(public_id: str | None, ending: str) -> Response:
    kind, write = WRITERS[ending]
    text = write(export(current(), public_id))
    name = f"configuration.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, content_type=f"{kind}; charset=utf-8", headers=headers)


def _brought(public_id: str | None) -> ResponseReturnValue:
    """Show what a document changes, or change it where that was shown before."""
    text = _text()
    more: dict[str, Any] = {"whole": public_id is None, "text": text}
    try:
        given = _import(text, public_id)
    except Malformed as error:
        return _page(malformed=str(error), **more), 422
    mark = request.form.get("mark", "")
    more |= {"given": given, "sealed": _sealed(given), "unset": importing.unset(given)}
    try:
        if mark and request.form.get("do") == "apply":
            shown, done = importing.bring_in(current(), given, mark, actor())
            if done:
                return _applied(shown, whole=public_id is None)
            more["moved"] = True
        else:
            shown = importing.look(current(), given)
    except Mistakes as error:
        return _page(problems=[_in_words(one) for one in error.problems], **more), 422
    return _page(shown=shown, **more)


def _applied(shown: importing.Shown, *, whole: bool) -> ResponseReturnValue:
    made = [one.element for one in shown.changes if one.element.made]
    if made:
        return _page(keys=made, whole=whole)
    count = len(shown.changes)
    flash("1 change is made." if count == 1 else f"{count} changes are made.", "good")
    return redirect(url_for(".everywhere" if whole else ".index"))


def _text() -> str:
    """The document: a file, or what stands in the field."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("document", "")
    raw: bytes = file.read(4 * LONGEST)
    return raw.decode("utf-8-sig", "replace")


def _import(text: str, public_id: str | None) -> Import:
    """What is brought in. Raises Malformed."""
    if len(text) > LONGEST:
        raise Malformed(f"it has more than {LONGEST} characters; bring in one project at a time")
    try:
        document = read_document(text, aliases=False)
        json.dumps(document)  # what is nested too deeply fails here and nowhere later
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    return Import(
        document=document,
        variables=_variables(),
        prune="prune" in request.form,
        only=None if public_id is None else {public_id},
    )


def _variables() -> dict[str, str]:
    """The values given just now, beside those that were given before and travel sealed."""
    typed = {
        name.removeprefix(VARIABLE): value
        for name, value in request.form.items()
        if name.startswith(VARIABLE) and value
    }
    try:
        kept = current().box.open(request.form.get("sealed") or "-")
    except Sealed:
        return typed
    mine = isinstance(kept, dict) and kept.get("user") == str(current_user.user.id)
    return {**(kept["variables"] if mine else {}), **typed}


def _sealed(given: Import) -> str:
    """The given values, so that no page shows them: they open for the same person alone."""
    if not given.variables:
        return ""
    variables = dict(given.variables)
    return current().box.seal({"user": str(current_user.user.id), "variables": variables})


def _in_words(problem: str) -> str:
    return problem.replace("is not set in the environment", "has no value: give it one below")


def _page(**more: Any) -> str:
    return render_template("console/configuration/index.html", prefix=VARIABLE, **more)
