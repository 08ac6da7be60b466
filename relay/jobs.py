"""What RQ calls: each job lets its bell be rung again, then does one service's work.

A job is a nudge. Whatever fails is found again by the sweep from the rows, so an error ends here,
in the log and in the counts, and never in RQ's registry of failed jobs.
"""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from relay import runtime
from relay.runtime import Runtime
from relay.services import bulk_job, pool
from relay.services.fetchers import fetch_some
from relay.services.forward import forward as forward_lane
from relay.services.leads import store_batch
from relay.services.looking import look
from relay.services.notifiers import send_notices
from relay.services.person_job import work_on as work_on_person
from relay.services.status import process_status
from relay.services.sweep import sweep as sweep_rows
from relay.services.upload_job import work_on

logger = logging.getLogger(__name__)


def store() -> None:
    """Make the submissions that arrived into leads."""
    _run("store", "store", store_batch)


def forward(target_id: str) -> None:
    """Hand this target's due deliveries to the senders."""
    _run("forward", f"lane:{target_id}", lambda rt: forward_lane(rt, target_id, pool.current()))


def status() -> None:
    """Carry out the queued changes of leads' statuses."""
    _run("status", "status", process_status)


def import_file(import_id: str) -> None:
    """Take the next rows of this uploaded file."""
    _run("import", f"import:{import_id}", lambda rt: work_on(rt, UUID(import_id)))


def bulk(run_id: str) -> None:
    """Do the next part of this bulk run."""
    _run("bulk", f"bulk:{run_id}", lambda rt: bulk_job.work_on(rt, UUID(run_id)))


def fetch(source_id: str) -> None:
    """Hand what is to be fetched of this source to the threads that do it."""
    _run("fetch", f"fetch:{source_id}", lambda rt: fetch_some(rt, UUID(source_id)))


def problems() -> None:
    """Look for problems, and see to the notices about them."""
    _run("problems", "problems", _look_and_tell)


def person(request_id: str) -> None:
    """Do some of what was asked about a person."""
    _run("person", f"person:{request_id}", lambda rt: work_on_person(rt, UUID(request_id)))


def sweep() -> None:
    """Find work that was left lying."""
    _run("sweep", "sweep", sweep_rows)


def _look_and_tell(rt: Runtime) -> None:
    look(rt)
    send_notices(rt)


def _run(job: str, what: str, work: Callable[[Runtime], object]) -> None:
    rt = runtime.current()
    rt.queue.forget(what)
    began = time.monotonic()
    try:
        work(rt)
    except Exception:  # the edge of a job: the rows keep the work, the sweep finds it again
        logger.exception("the %s job failed; the sweep will find its work again", job)
        rt.metrics.count("relay_job_errors", job)
    rt.metrics.observe("relay_job_seconds", time.monotonic() - began, job)
