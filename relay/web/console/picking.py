"""Choosing a kind out of many: those that a few words find, in the order of their labels."""

from collections.abc import Mapping

from flask import render_template, request

from relay.core.contract import Source, Target
from relay.core.kinds import SourceKind, TargetKind

Kind = SourceKind | TargetKind


def page(template: str, kinds: Mapping[str, Kind]) -> str:
    """The page with the kinds that the words in `q` find; without words, all."""
    words = request.args.get("q", "").casefold().split()
    found = [name for name, kind in kinds.items() if all(one in _said(name, kind) for one in words)]
    found.sort(key=lambda name: _declared(kinds[name]).label.casefold())
    return render_template(template, kinds={name: kinds[name] for name in found})


def _declared(kind: Kind) -> Source | Target:
    """What the kind says of itself."""
    return kind.source if isinstance(kind, SourceKind) else kind.target


def _said(name: str, kind: Kind) -> str:
    about = _declared(kind)
    return f"{name} {about.label} {about.summary}".casefold()
