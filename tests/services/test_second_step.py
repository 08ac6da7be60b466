"""The second step: whose codes are taken, and that none is taken twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from relay.services import keys, second_step, users
from relay.store import tables

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> users.User:
    """Somebody whose password is cheap to check, which is not what is tried here."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("relay.services.credentials._hasher", cheap)
    return users.create_user(runtime, "ada@example.com", PASSWORD)


def turned_on(rt: Any, person: users.User) -> tuple[pyotp.TOTP, list[str]]:
    """The person's app, and their recovery codes."""
    second_step.begin(rt, person)
    begun = second_step.begun(rt, person)
    assert begun is not None
    app = pyotp.parse_uri(begun[1])
    assert isinstance(app, pyotp.TOTP)
    assert (app.secret, app.name, app.issuer) == (begun[0], "ada@example.com", "Lead relay")
    return app, second_step.confirm(rt, person, code(rt, app))


def code(rt: Any, app: pyotp.TOTP, periods: int = 0) -> str:
    """What the app shows, so many periods from now."""
    return app.at(rt.clock.now(), counter_offset=periods)


def test_the_key_counts_once_a_code_of_it_was_given(runtime: Any, ada: users.User) -> None:
    second_step.begin(runtime, ada)
    assert not users.user(runtime, ada.id).has_second_step
    with pytest.raises(users.UserError, match="not the code"):
        second_step.confirm(runtime, ada, "000000")
    assert second_step.check(runtime, ada.id, "000000") is None
    turned_on(runtime, ada)
    assert users.user(runtime, ada.id).has_second_step
    assert second_step.begun(runtime, ada) is None
    with pytest.raises(users.UserError, match="not the code"):
        second_step.confirm(runtime, ada, "000000")


def test_a_code_is_taken_once_and_around_its_time(runtime: Any, ada: users.User) -> None:
    app, _ = turned_on(runtime, ada)
    assert second_step.check(runtime, ada.id, code(runtime, app)) is None, "it turned this on"
    runtime.clock.advance(60)
    for periods, taken in ((-2, None), (2, None), (-1, "code"), (-1, None), (0, "code"),
                           (-1, None), (1, "code"), (1, None), (0, None)):  # fmt: skip
        found = second_step.check(runtime, ada.id, code(runtime, app, periods))
        assert found == taken, periods


@pytest.mark.parametrize("given", ["", "12345", "１２３４５６", "abcdef", "0" * 400, "\udc80"])
def test_what_is_no_code_is_none(runtime: Any, ada: users.User, given: str) -> None:
    turned_on(runtime, ada)
    assert second_step.check(runtime, ada.id, given) is None


def test_of_two_at_once_one_has_the_code(runtime: Any, ada: users.User) -> None:
    app, codes = turned_on(runtime, ada)
    runtime.clock.advance(60)
    for given, kind in ((code(runtime, app), "code"), (codes[0], "recovery code")):
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda g: second_step.check(runtime, ada.id, g), [given] * 4))
        assert sorted(found, key=str) == [None, None, None, kind]


def test_recovery_codes_work_once_each_in_any_spelling(runtime: Any, ada: users.User) -> None:
    _, codes = turned_on(runtime, ada)
    assert len(set(codes)) == 10
    assert second_step.check(runtime, ada.id, f" {codes[0].upper().replace('-', ' ')}")
    assert second_step.check(runtime, ada.id, codes[0]) is None
    assert second_step.codes_left(runtime, ada.id) == 9
    newer = second_step.renew_codes(runtime, ada)
    assert second_step.check(runtime, ada.id, codes[1]) is None
    assert second_step.check(runtime, ada.id, newer[1]) == "recovery code"


def test_another_persons_key_and_codes_are_none_of_ones_own(runtime: Any, ada: users.User) -> None:
    app, codes = turned_on(runtime, ada)
    eve = users.create_user(runtime, "eve@example.com", PASSWORD)
    runtime.clock.advance(60)
    with runtime.database.write() as connection:  # she has written her row over
        row = connection.execute(sa.select(tables.users).where(tables.users.c.id == ada.id)).one()
        own = sa.update(tables.users).where(tables.users.c.id == eve.id)
        connection.execute(own.values(totp_secret=row.totp_secret, totp_since=row.totp_since))
        held = sa.update(tables.recovery_codes).values(user_id=eve.id)
        connection.execute(held)
    assert second_step.check(runtime, eve.id, code(runtime, app)) is None
    assert second_step.check(runtime, eve.id, codes[0]) is None


def test_nothing_is_kept_in_clear_and_keys_are_rotated(
    make_runtime: Any, runtime: Any, ada: users.User
) -> None:
    app, codes = turned_on(runtime, ada)
    with runtime.database.read() as connection:
        kept = str(connection.execute(sa.select(tables.users)).all())
        kept += str(connection.execute(sa.select(tables.recovery_codes)).all())
        kept += str(connection.execute(sa.select(tables.audit)).all())
    assert not [one for one in (app.secret, *codes) if one in kept]
    newer = make_runtime({"SECRET_KEY": "n" * 40, "SECRET_KEYS_OLD": runtime.config.secret_key})
    keys.rotate(newer)
    newest = make_runtime({"SECRET_KEY": "n" * 40})
    newest.clock.advance(60)
    assert second_step.check(newest, ada.id, code(newest, app)) == "code"


def test_who_turns_it_off_for_somebody_ends_their_sessions(runtime: Any, ada: users.User) -> None:
    turned_on(runtime, ada)
    before = users.user(runtime, ada.id)
    second_step.turn_off(runtime, before, "boss@example.com")
    after = users.user(runtime, ada.id)
    assert (after.has_second_step, after.epoch) == (False, before.epoch + 1)
    assert second_step.codes_left(runtime, ada.id) == 0
