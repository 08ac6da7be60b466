"""Changes of the configuration that come at once follow each other."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.services.configure import Mistakes, apply
from relay.services.export import export
from relay.store.tables import audit, sources
from tests.services.kinds import ENVIRONMENT, catalog, document


@pytest.fixture
def rt(make_runtime: Callable[..., Any]) -> Any:
    return make_runtime(catalog=catalog())


def _at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act returned, or the mistakes it named, all of them started together."""
    ready = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        ready.wait(10)
        try:
            results[number] = acts[number]()
        except Mistakes as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_the_same_document_applied_by_many_is_made_once(rt: Any) -> None:
    done = _at_once([lambda: apply(rt, document(), environment=ENVIRONMENT)] * 6)
    assert sorted(len(changes) for changes in done) == [0, 0, 0, 0, 0, 4]
    with rt.database.read() as connection:
        assert len(connection.execute(sa.select(audit.c.id)).all()) == 4


def test_documents_that_exclude_each_other_are_applied_one_after_the_other(rt: Any) -> None:
    def of(project: str) -> Any:
        source = {"name": "form", "kind": "form", "key": "the-one-key-that-both-want"}
        return {"projects": [{"id": project, "sources": [source]}]}

    done = _at_once([lambda name=name: apply(rt, of(name)) for name in ("one", "two")])
    assert sorted(type(result).__name__ for result in done) == ["Mistakes", "list"]
    refused = next(result for result in done if isinstance(result, Mistakes))
    assert refused.problems == ["projects[0].sources[0].key: is the key of source 'form' too"]
    with rt.database.read() as connection:
        assert len(connection.execute(sa.select(sources.c.id)).all()) == 1
    assert len(export(rt)["projects"]) == 1
