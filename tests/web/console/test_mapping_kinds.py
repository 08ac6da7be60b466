"""The mapping editor names every answer of every kind so that a mapping of that name reaches it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from relay.catalog import load_catalog
from relay.core.kinds import SourceKind
from relay.services import past
from relay.services.configured import ConfiguredSource
from relay.services.past import Explained
from relay.web.console.mapping_form import Editor, edit

CATALOG = load_catalog()
NOBODY = UUID(int=0)


def editors(kind: SourceKind, *, mapped: bool) -> list[Editor]:
    """The editor on each of the kind's examples; with all their answers mapped, or none."""
    source = ConfiguredSource(
        id=NOBODY,
        project_id=NOBODY,
        project_public_id="acme",
        name="Form",
        kind=kind,
        key="a-key-of-a-source",
        settings={},
        secrets=(),
        options={},
        mapping={},
        refuse=[],
        changed_at=datetime(2026, 3, 2, tzinfo=UTC),
        paused=False,
    )
    found = []
    for fixture in past.examples_of(source):

        def explain(wanted: ConfiguredSource, fixture: past.Fixture = fixture) -> Explained:
            return past.explained_fixture(wanted, fixture)

        shown = edit(source, CATALOG.lead, explain, None)
        goals = {line.name: f"/tokens/t{line.number}" for line in shown.lines if not line.twin}
        if mapped:
            shown = edit(replace(source, mapping=goals), CATALOG.lead, explain, None)
        found.append(shown)
    return found


@pytest.mark.parametrize("name", sorted(CATALOG.sources))
def test_what_is_said_of_an_answer_counts_for_it(name: str) -> None:
    for shown in editors(CATALOG.sources[name], mapped=True):
        own = [line for line in shown.lines if not line.twin]
        assert {line.placed.by for line in own} <= {"mapping", "empty"}, name
        for line in own:
            if line.placed.by == "mapping":
                assert line.placed.place == f"/tokens/t{line.number}", line.name


@pytest.mark.parametrize("name", sorted(CATALOG.sources))
def test_every_example_shows_its_answers(name: str) -> None:
    for shown in editors(CATALOG.sources[name], mapped=False):
        assert shown.explained is not None
        awaits_data = "its data is with its provider" in shown.explained.trouble
        assert shown.own or awaits_data, name
        assert all(line.why and line.where for line in shown.lines)
        assert not shown.changed
