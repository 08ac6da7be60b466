"""Rotating SECRET_KEY: old secrets open with the old key, then with the new one alone."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from relay.core.secrets import Sealed
from relay.services import configured, keys
from relay.services.configure import apply
from relay.store.tables import sources, targets
from tests.services.kinds import ENVIRONMENT, catalog, document

OLDEST = "the-oldest-secret-key,-with-a-comma-within"
OLD = "an-old-secret-key-that-served-for-some-years"
NEW = "a newer secret key for tests, long enough as well"
ROTATING = {"SECRET_KEY": NEW, "SECRET_KEYS_OLD": f"{OLD} {OLDEST}"}


def _sealed(rt: Any) -> list[str]:
    with rt.database.read() as connection:
        return [
            text
            for table in (sources, targets)
            for text in connection.execute(sa.select(table.c.secrets)).scalars()
        ]


def test_after_a_rotation_the_new_key_alone_opens_everything(
    make_runtime: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "BATCH", 2)
    many = [{"name": f"form {n}", "kind": "form"} for n in range(5)]
    given = document(routes=[])
    given["projects"][0]["sources"] += many
    apply(make_runtime({"SECRET_KEY": OLDEST}, catalog=catalog()), given, environment=ENVIRONMENT)
    rotating = make_runtime(ROTATING, catalog=catalog())
    told: list[int] = []
    assert keys.count(rotating) == 7
    assert keys.rotate(rotating, told.append) == keys.Rotated(7, 0, ())
    assert sum(told) == 7
    before = _sealed(rotating)
    assert keys.rotate(rotating) == keys.Rotated(0, 7, ())
    assert _sealed(rotating) == before
    alone = make_runtime({"SECRET_KEY": NEW}, catalog=catalog())
    source = configured.source_by_key(alone, "form-key-of-contact")
    assert source is not None
    assert source.settings == {"secrets": ["a-form-secret-nobody-knows"]}


def test_what_no_key_opens_is_named_and_left_as_it_is(make_runtime: Callable[..., Any]) -> None:
    apply(make_runtime(catalog=catalog()), document(), environment=ENVIRONMENT)
    lost = make_runtime({"SECRET_KEY": NEW}, catalog=catalog())
    before = _sealed(lost)
    assert keys.rotate(lost) == keys.Rotated(0, 0, ("source contact", "target crm"))
    assert _sealed(lost) == before
    with pytest.raises(Sealed, match="SECRET_KEYS_OLD"):
        apply(lost, document(), environment=ENVIRONMENT)


def test_a_former_key_may_hold_blanks(make_runtime: Callable[..., Any]) -> None:
    old = {"SECRET_KEY": "a former key that is a whole sentence, comma and all"}
    apply(make_runtime(old, catalog=catalog()), document(), environment=ENVIRONMENT)
    rotating = {"SECRET_KEY": NEW, "SECRET_KEYS_OLD": old["SECRET_KEY"]}
    assert keys.rotate(make_runtime(rotating, catalog=catalog())) == keys.Rotated(2, 0, ())
