"""People who sign in: how passwords are kept, and the link that makes the first of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher, extract_parameters

from relay.services import setup_links, users
from relay.store import tables

PASSWORD = "correct horse battery"


def stored(rt: Any) -> Any:
    """The one user's row."""
    with rt.database.read() as connection:
        return connection.execute(sa.select(tables.users)).one()


def token(link: str | None) -> str:
    """The end of a set-up link."""
    assert link is not None
    return link.rpartition("/")[2]


def test_a_password_is_kept_as_a_slow_hash_and_opens_for_nobody_else(runtime: Any) -> None:
    made = users.create_user(runtime, " Ada@Example.com", PASSWORD)
    kept = extract_parameters(stored(runtime).password_hash)
    assert (kept.type.name, kept.memory_cost >= 19456, kept.time_cost >= 2) == ("ID", True, True)
    assert users.check_password(runtime, "ADA@example.com ", PASSWORD) == made
    for email, password in (
        ("ada@example.com", PASSWORD.upper()),
        ("ada@example.com", ""),
        ("ada@example.com", "x" * 100_000),
        ("eve@example.com", PASSWORD),
        ("", ""),
    ):
        assert users.check_password(runtime, email, password) is None


def test_a_hash_of_weaker_times_is_renewed_at_the_next_sign_in(runtime: Any) -> None:
    users.create_user(runtime, "ada@example.com", PASSWORD)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with runtime.database.write() as connection:
        connection.execute(sa.update(tables.users).values(password_hash=weak))
    assert users.check_password(runtime, "ada@example.com", PASSWORD)
    renewed = stored(runtime).password_hash
    assert renewed != weak
    assert users.check_password(runtime, "ada@example.com", PASSWORD)
    assert stored(runtime).password_hash == renewed


@pytest.mark.parametrize(
    ("email", "password", "role", "said"),
    [
        ("ada", PASSWORD, "owner", "Give an e-mail address."),
        ("a b@example.com", PASSWORD, "owner", "Give an e-mail address."),
        ("a@" + "x" * 300, PASSWORD, "owner", "Give an e-mail address."),
        ("ada@example.com", "short", "owner", "at least 10 characters"),
        ("ada@example.com", "x" * 1000, "owner", "at most 512 characters"),
        ("ada@example.com", PASSWORD, "king", "must be one of owner, editor, operator, viewer"),
    ],
)
def test_what_makes_no_user_is_said(
    runtime: Any, email: str, password: str, role: str, said: str
) -> None:
    with pytest.raises(users.UserError, match=said):
        users.create_user(runtime, email, password, role)
    assert not users.has_users(runtime)


def test_an_address_is_one_user(runtime: Any) -> None:
    users.create_user(runtime, "ada@example.com", PASSWORD)
    with pytest.raises(users.UserError, match="There is a user"):
        users.create_user(runtime, "ADA@example.com", PASSWORD)


def test_a_link_that_many_open_at_once_makes_one_user(runtime: Any) -> None:
    link = token(setup_links.setup_link(runtime))

    def use(number: int) -> bool:
        try:
            setup_links.use_setup_link(runtime, link, f"u{number}@example.com", PASSWORD)
        except users.UserError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(use, range(4)))
    assert won.count(True) == 1
    assert stored(runtime).email == f"u{won.index(True)}@example.com"


def test_a_link_is_kept_as_a_hash_and_not_made_once_there_is_a_user(runtime: Any) -> None:
    link = token(setup_links.setup_link(runtime))
    with runtime.database.read() as connection:
        row = connection.execute(sa.select(tables.setup_links)).one()
    assert link not in str(row)
    users.create_user(runtime, "ada@example.com", PASSWORD)
    assert setup_links.setup_link(runtime) is None
    assert not setup_links.setup_link_works(runtime, link)
    with pytest.raises(users.UserError):
        setup_links.use_setup_link(runtime, link, "eve@example.com", PASSWORD)
