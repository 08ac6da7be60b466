"""`python -m bench [a b c d e f g h] [--runs N]`: prints each figure with what it has to reach."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from bench.creating import creating
from bench.lists import listing
from bench.old_rows import fill
from bench.pages import paging
from bench.stage import KEY, Stage, wait_for
from relay.cli.web import gunicorn_options
from relay.config import load_config
from relay.runtime import Runtime
from relay.store.tables import deliveries
from tests.servers import free_port
from tests.stack import Stack

ACCEPTED = 3000
DELIVERED = 2000
STEADY_SECONDS = 20


def accepting(stage: Stage, runs: int) -> str:
    """(a) Accepting, committed before the answer, against a bare handler of the same server."""
    ours, bare = [], []
    environment = stage.environment() | {"PORT": str(free_port())}
    with stage.relay({"crm": "/fast"}, workers=0) as (stack, _):
        stack.clock.kill()
        with stage.served(_gunicorn("bench.bare:make_app()", environment), environment, "bare"):
            for run in range(runs + 1):  # the first one warms up
                ours.append(_rate(stage.load(stack.port, f"/in/{KEY}", ACCEPTED, f"a{run}x")))
                port = int(environment["PORT"])
                bare.append(_rate(stage.load(port, "/in/bare", ACCEPTED, f"b{run}x")))
    ratio = _median([one / other for one, other in zip(ours[1:], bare[1:], strict=True)])
    return (
        f"(a) accepted, as a ratio to a bare handler: {ratio:.3f} (to reach: 0.15)\n"
        f"    {_median(ours[1:]):.0f} submissions/s, the bare handler {_median(bare[1:]):.0f}/s"
    )


def delivering(stage: Stage, runs: int) -> str:
    """(b) End to end, until the last attempt is logged, against one job per lead and delivery."""
    ours, naive = [], []
    for run in range(runs):
        with stage.relay({"crm": "/fast"}) as (stack, runtime):
            ours.append(_through(stage, stack, runtime, f"c{run}x"))
        naive.append(_through_naively(stage, f"d{run}x"))
    ratio = _median([one / other for one, other in zip(ours, naive, strict=True)])
    return (
        f"(b) delivered, as a ratio to the naive way: {ratio:.1f} (to reach: 4)\n"
        f"    {_median(ours):.0f} leads/s, the naive way {_median(naive):.0f}/s"
    )


def at_twenty(stage: Stage, runs: int) -> str:
    """(c) From posting a lead to its arrival at the target, at 20 leads/s."""
    found = []
    for run in range(runs):
        with stage.relay({"crm": "/fast"}) as (stack, _):
            found.append(_latencies(stage, stack, f"e{run}x", per_second=20))
    return "(c) from posting to the first attempt, at 20 leads/s: " + _quantiles(found, 250)


def beside_a_hanging_one(stage: Stage, runs: int) -> str:
    """(d) The same for a healthy target while another hangs and a third takes 2 s per call."""
    found = []
    for run in range(runs):
        with stage.relay({"crm": "/fast", "stuck": "/hang", "late": "/slow"}) as (stack, _):
            found.append(_latencies(stage, stack, f"f{run}x", per_second=50))
    return "(d) the same beside a hanging and a slow target, at 50 leads/s each: " + _quantiles(
        found, 1000
    )


def growing(stage: Stage, runs: int) -> str:
    """(e) The cost of a lead with ten thousand and with a million old rows."""
    costs = []
    for count in (10_000, 1_000_000):
        relay = stage.relay({"crm": "/fast"}, prepare=partial(fill, count=count))
        with relay as (stack, runtime):
            marks = [f"g{count}{run}x" for run in range(runs + 1)]  # the first one warms up
            rates = [_through(stage, stack, runtime, mark) for mark in marks]
        costs.append(1 / _median(rates[1:]))
    return (
        f"(e) cost per lead with a million old rows, to ten thousand: {costs[1] / costs[0]:.2f} "
        f"(to reach: at most 1.3)\n    {costs[0] * 1000:.2f} ms and {costs[1] * 1000:.2f} ms"
    )


SECTIONS: dict[str, Callable[[Stage, int], str]] = {
    "a": accepting,
    "b": delivering,
    "c": at_twenty,
    "d": beside_a_hanging_one,
    "e": growing,
    "f": creating,
    "g": listing,
    "h": paging,
}


def _through(stage: Stage, stack: Stack, runtime: Runtime, mark: str) -> float:
    """Leads per second from the first post until everything is delivered and logged."""
    before = _delivered(runtime)
    result = stage.load(stack.port, f"/in/{KEY}", DELIVERED, mark)
    assert result["refused"] == 0, f"{result['refused']} were not taken"
    done = wait_for(lambda: _delivered(runtime) - before >= DELIVERED)
    stage.arrivals()
    return DELIVERED / (done - result["begun"])


def _through_naively(stage: Stage, mark: str) -> float:
    environment = stage.environment() | {"PORT": str(free_port())}
    worker = stage.process(f"{sys.executable} -m bench.naive", environment, "naive-worker")
    worker.start()
    time.sleep(3)  # preloaded before the first job
    try:
        command = _gunicorn("bench.naive:make_app()", environment)
        with stage.served(command, environment, "naive-web"):
            port = int(environment["PORT"])
            result = stage.load(port, "/in/naive", DELIVERED, mark)
            assert result["refused"] == 0, f"{result['refused']} were not taken"
            done = wait_for(lambda: stage.count(environment, "naive_attempts") >= DELIVERED)
            return DELIVERED / (done - result["begun"])
    finally:
        worker.kill()
        stage.arrivals()
        stage.redis.flush()


def _latencies(stage: Stage, stack: Stack, mark: str, per_second: float) -> list[float]:
    """Milliseconds from sending each request to the arrival of its lead at the fast target."""
    stage.load(stack.port, f"/in/{KEY}", 40, f"{mark}warm", per_second)
    time.sleep(1)
    stage.arrivals()
    count = int(per_second * STEADY_SECONDS)
    result = stage.load(stack.port, f"/in/{KEY}", count, mark, per_second)
    arrived: dict[str, float] = {}

    def all_arrived() -> bool:
        for at, path, token in stage.arrivals():
            if path == "/fast":
                arrived.setdefault(token, at)
        return all(token in arrived for token in result["tokens"])

    wait_for(all_arrived, 60)
    sent = zip(result["tokens"], result["sent"], strict=True)
    return [(arrived[token] - at) * 1000 for token, at in sent]


def _delivered(runtime: Runtime) -> int:
    newest = deliveries.c.id > sa.literal(_NEWER_THAN_OLD_ROWS, sa.Uuid(as_uuid=False))
    with runtime.database.read() as connection:
        statement = sa.select(sa.func.count()).where(newest, deliveries.c.state == "delivered")
        return int(connection.scalar(statement) or 0)


_NEWER_THAN_OLD_ROWS = "01000000-0000-7000-8000-000000000000"


def _gunicorn(app: str, environment: dict[str, str]) -> str:
    """The relay's own web server around another application."""
    options = gunicorn_options(load_config(environment))
    return " ".join([sys.executable, "-m", "gunicorn", *options[:-1], f"'{app}'"])


def _rate(result: dict[str, Any]) -> float:
    assert result["refused"] == 0, f"{result['refused']} were not taken"
    return float(result["answered"] / result["seconds"])


def _median(figures: Sequence[float]) -> float:
    return statistics.median(figures)


def _quantiles(runs: list[list[float]], limit: int) -> str:
    halves = _median([statistics.quantiles(one, n=100)[49] for one in runs])
    tails = _median([statistics.quantiles(one, n=100)[94] for one in runs])
    return f"p50 {halves:.0f} ms, p95 {tails:.0f} ms (to reach: p95 at most {limit} ms)"


def main() -> None:
    """Measure the wanted sections and print each as it is done."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help="which: a b c d e f g h; all without any")
    parser.add_argument("--runs", type=int, default=3, help="the median of how many is taken")
    wanted = parser.parse_args()
    if unknown := set(wanted.sections) - SECTIONS.keys():
        parser.error(f"no section {', '.join(sorted(unknown))}")
    stage = Stage()
    try:
        for name in wanted.sections or SECTIONS:
            print(SECTIONS[name](stage, wanted.runs), flush=True)
    finally:
        stage.close()


if __name__ == "__main__":
    main()
