"""The worker does every job that there is, and no other."""

from inspect import getmembers, isfunction

from relay import jobs
from relay.cli.listener import JOBS


def test_every_job_of_the_relay_is_done() -> None:
    public = [
        name for name, made in getmembers(jobs, isfunction) if made.__module__ == "relay.jobs"
    ]
    assert {f"relay.jobs.{name}" for name in public if not name.startswith("_")} == JOBS
