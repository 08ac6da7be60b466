"""Log lines: their shape, and what they may not hold."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.config import load_config
from relay.logs import Lines, mask, set_up


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def _record(message: str, *arguments: object) -> logging.LogRecord:
    record = logging.LogRecord("relay.queue", logging.WARNING, "", 0, message, arguments, None)
    record.created = 1_772_452_800.25
    return record


def test_a_line_says_when_how_grave_which_process_where_and_what() -> None:
    line = Lines("worker").format(_record("%d rows", 3))
    assert line == "2026-03-02T12:00:00.250Z WARNING worker relay.queue: 3 rows"


def test_a_traceback_follows_on_lines_of_its_own() -> None:
    record = _record("it failed")
    try:
        int("a reason")
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *rest = Lines("web").format(record).splitlines()
    assert first.endswith("relay.queue: it failed")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "ValueError: invalid literal for int() with base 10: 'a reason'"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("POST /in/tf-8sK2qLongKey 200", "POST /in/tf-… 200"),
        ("POST /in/tf-8sK2qLongKey?email=ada@example.com 200", "POST /in/tf-… 200"),
        ("POST /in/ab 200", "POST /in/ab… 200"),
        ("POST /in//tf-8sK2qLongKey 403", "POST /in//tf-… 403"),
        ("POST /IN/tf-8sK2qLongKey 404", "POST /IN/tf-… 404"),
        ("open http://x/console/setup/Zm9vYmFyYmF6 now", "open http://x/console/setup/Zm9… now"),
        ('{"url": "http://x/in/tf-8sK2q", "n": 1}', '{"url": "http://x/in/tf-…", "n": 1}'),
        ("/in/one-key and /in/two-keys", "/in/one… and /in/two…"),
        ("/inbox/everything?state=held", "/inbox/everything?state=held"),
        ("GET /in/", "GET /in/"),
    ],
)
def test_unguessable_parts_of_addresses_are_shortened(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_what_is_logged_goes_to_standard_output_once(
    root_logger: logging.Logger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = {"RELAY_MODE": "local", "RELAY_DATA_DIR": str(tmp_path), "RELAY_LOG_LEVEL": "info"}
    for _ in range(2):
        set_up(load_config(given), "clock")
    log = logging.getLogger("relay.clock")
    log.info("ticking at %s", json.dumps({"key": "/in/tf-8sK2q"}))
    log.debug("unheard")
    logging.getLogger("rq.worker").info("two lines per nudge")
    output = capsys.readouterr()
    assert output.out.count("\n") == 1
    assert output.out.endswith('clock relay.clock: ticking at {"key": "/in/tf-…"}\n')
    assert output.err == ""
