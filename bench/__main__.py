"""`python -m bench [a b c d e] [--runs N]`: prints the measurements as a table."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import sqlalchemy as sa

from bench.old_rows import fill
from bench.stage import KEY, Stage, wait_for
from relay.runtime import Runtime
from relay.store.tables import attempts, deliveries
from tests.stack import procfile

ACCEPTED = 3000
DELIVERED = 2000
STEADY = 400


def accepting(stage: Stage, runs: int) -> list[str]:
    """(a) Accepting, committed before the answer, against a bare handler under the same gunicorn."""
    ratios, rates, bare_rates = [], [], []
    with stage.relay({"crm": "/fast"}, workers=0) as (stack, _):
        stack.clock.kill()
        bare = stage.process(
            procfile()["web"].replace("wsgi:app", "bench.bare:make_app()"),
            {"PORT": "0"} | stage.environment(),
            "bare",
        )
        with _served(stage, bare, "bare") as port:
            stage.load(stack.port, f"/in/{KEY}", 300, "warm")
            stage.load(port, "/in/bare", 300, "warm")
            for run in range(runs):
                ours = _rate(stage.load(stack.port, f"/in/{KEY}", ACCEPTED, f"a{run}x"))
                theirs = _rate(stage.load(port, "/in/bare", ACCEPTED, f"b{run}x"))
                rates.append(ours)
                bare_rates.append(theirs)
                ratios.append(ours / theirs)
    return [
        f"(a) accept: {_median(ratios, 3)} of a bare handler (to reach: 0.15)",
        f"    {_median(rates, 0)} submissions/s, bare {_median(bare_rates, 0)}/s",
    ]
