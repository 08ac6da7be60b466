"""Counts of what happens, summed over all processes and machines in Redis for Prometheus.

A process counts in memory and adds what is new to one Redis hash every few seconds (`flush`), so
any web process can show the sums of all. When Redis is wiped the counters start again from zero,
which Prometheus expects of counters.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from redis import Redis

HASH = "relay:metrics"
"""The Redis hash that holds the sums."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms, in seconds."""


@dataclass(frozen=True)
class Metric:
    """One row of the table: the metric's name, its labels, its meaning."""

    kind: Literal["counter", "histogram", "gauge"]
    name: str
    labels: tuple[str, ...]
    help: str


METRICS = (
    Metric("counter", "relay_submissions", ("state",), "Submissions taken in, by first state."),
    Metric("counter", "relay_turned_away", ("reason",), "Requests refused at the door."),
    Metric("counter", "relay_leads", ("event",), "Lead versions written: created or updated."),
    Metric("counter", "relay_attempts", ("kind", "outcome"), "Attempts, by target kind."),
    Metric("histogram", "relay_attempt_seconds", ("kind",), "Duration of attempts."),
    Metric("counter", "relay_fetches", ("kind", "outcome"), "Data asked for, by source kind."),
    Metric("counter", "relay_notices", ("kind", "outcome"), "Notices sent, by recipients' kind."),
    Metric("histogram", "relay_request_seconds", ("status",), "Duration of requests to /in."),
    Metric("histogram", "relay_job_seconds", ("job",), "Duration of jobs."),
    Metric("counter", "relay_job_errors", ("job",), "Jobs that ended in an error."),
    Metric("gauge", "relay_open", ("what",), "Rows waiting: submissions, deliveries, fetches."),
    Metric("gauge", "relay_oldest_seconds", ("what",), "Age of the oldest row that is due."),
    Metric("gauge", "relay_lanes", ("state",), "Lanes: paused, held, breaker open."),
    Metric("gauge", "relay_problems", ("sort",), "Open problems that are not muted."),
    Metric("gauge", "relay_processes", ("kind",), "Processes with a recent heartbeat."),
    Metric("gauge", "relay_up", ("part",), "1 when the part answers: database, redis."),
)
"""Every metric there is; counters are shown with `_total` behind their name."""

Gauges = Mapping[str, Mapping[tuple[str, ...], float]]
"""Values of gauges by name and label values, read from the rows by who shows the metrics."""


Field = tuple[str, tuple[str, ...], str]
"""One sum: the metric's name, the label values, and the part of a histogram."""


class Metrics:
    """What this process counted and has not flushed yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: defaultdict[Field, float] = defaultdict(float)

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter of METRICS; the label values in the table's order."""
        _check(name, labels)
        with self._lock:
            self._fresh[name, labels, ""] += by

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """Note one duration in a histogram of METRICS."""
        _check(name, labels)
        bucket = next((str(bound) for bound in BUCKETS if seconds <= bound), "+Inf")
        with self._lock:
            self._fresh[name, labels, bucket] += 1
            self._fresh[name, labels, "sum"] += seconds

    def flush(self, redis: Redis) -> None:
        """Add what is new to the sums. Raises RedisError, and then keeps it for the next time."""
        with self._lock:
            fresh, self._fresh = self._fresh, defaultdict(float)
        try:
            with redis.pipeline(transaction=True) as pipeline:
                for field, value in fresh.items():
                    pipeline.hincrbyfloat(HASH, json.dumps(field), value)
                pipeline.execute()
        except Exception:
            self._give_back(fresh)
            raise

    def _give_back(self, fresh: Mapping[Field, float]) -> None:
        with self._lock:
            for field, value in fresh.items():
                self._fresh[field] += value


def expose(sums: Mapping[str, float], gauges: Gauges) -> bytes:
    """The metrics in Prometheus' text format, from `read_sums` and from the rows."""
    registry = CollectorRegistry()
    registry.register(_Shown(sums, gauges))
    return generate_latest(registry)


def read_sums(redis: Redis) -> dict[str, float]:
    """The sums over all processes, by field. Raises RedisError."""
    stored = redis.hgetall(HASH)
    return {_text(field): float(value) for field, value in stored.items()}


class _Shown:
    """Collects the families of one scrape."""

    def __init__(self, sums: Mapping[str, float], gauges: Gauges) -> None:
        self._sums = sums
        self._gauges = gauges

    def collect(self) -> Iterable[Family]:
        for metric in METRICS:
            if metric.kind == "counter":
                yield self._counter(metric)
            elif metric.kind == "gauge":
                yield self._gauge(metric)
            else:
                yield self._histogram(metric)

    def _counter(self, metric: Metric) -> CounterMetricFamily:
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, values in self._by_labels(metric.name).items():
            family.add_metric(labels, values[""])
        return family

    def _gauge(self, metric: Metric) -> GaugeMetricFamily:
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, value in self._gauges.get(metric.name, {}).items():
            family.add_metric(labels, value)
        return family

    def _histogram(self, metric: Metric) -> HistogramMetricFamily:
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, values in self._by_labels(metric.name).items():
            total, buckets = 0.0, []
            for bound in (*map(str, BUCKETS), "+Inf"):
                total += values.get(bound, 0)
                buckets.append((bound, total))
            family.add_metric(labels, buckets, values.get("sum", 0))
        return family

    def _by_labels(self, name: str) -> dict[tuple[str, ...], dict[str, float]]:
        found: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for field, value in self._sums.items():
            metric, labels, part = json.loads(field)
            if metric == name:
                found[tuple(labels)][part] = value
        return found


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


_BY_NAME = {metric.name: metric for metric in METRICS}


def _check(name: str, labels: tuple[str, ...]) -> None:
    if len(labels) != len(_BY_NAME[name].labels):
        raise ValueError(f"{name} takes the labels {_BY_NAME[name].labels}, not {labels}")
