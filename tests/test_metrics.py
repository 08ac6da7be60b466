"""Counts of several processes come together, and show as Prometheus reads them."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis, RedisError

from relay.metrics import HASH, Metrics, expose, read_sums

pytestmark = pytest.mark.redis


@pytest.fixture
def redis(redis_url: str) -> Redis:
    """A Redis that holds nothing."""
    return Redis.from_url(redis_url)


def _samples(redis: Redis, **gauges: dict[tuple[str, ...], float]) -> dict[str, float]:
    """What Prometheus' own parser reads: `name{label="value"}` -> value."""
    text = expose(read_sums(redis), gauges).decode()
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counts_of_processes_add_up(redis: Redis) -> None:
    web, worker = Metrics(), Metrics()
    web.count("relay_submissions", "received")
    web.count("relay_submissions", "received", by=2)
    web.count("relay_submissions", "held")
    worker.count("relay_submissions", "received")
    for process in (web, worker, web):
        process.flush(redis)
    samples = _samples(redis)
    assert samples["relay_submissions_total{received}"] == 4
    assert samples["relay_submissions_total{held}"] == 1


def test_durations_fall_into_buckets_that_add_up(redis: Redis) -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.02, 0.02, 60):
        metrics.observe("relay_job_seconds", seconds, "store")
    metrics.flush(redis)
    samples = _samples(redis)
    assert samples["relay_job_seconds_bucket{store}{0.005}"] == 1
    assert samples["relay_job_seconds_bucket{store}{0.025}"] == 3
    assert samples["relay_job_seconds_bucket{store}{30.0}"] == 3
    assert samples["relay_job_seconds_bucket{store}{+Inf}"] == 4
    assert samples["relay_job_seconds_count{store}"] == 4
    assert samples["relay_job_seconds_sum{store}"] == pytest.approx(60.045)


def test_gauges_are_shown_as_given(redis: Redis) -> None:
    samples = _samples(redis, relay_open={("deliveries",): 7}, relay_up={("redis",): 1})
    assert samples["relay_open{deliveries}"] == 7
    assert samples["relay_up{redis}"] == 1


def test_what_could_not_be_flushed_is_kept_for_the_next_time(redis: Redis) -> None:
    metrics = Metrics()
    metrics.count("relay_leads", "created")
    with Redis(port=9, retry=None) as away, pytest.raises(RedisError):
        metrics.flush(away)
    metrics.count("relay_leads", "created")
    metrics.flush(redis)
    assert _samples(redis)["relay_leads_total{created}"] == 2


def test_after_a_wipe_counting_starts_again(redis: Redis) -> None:
    metrics = Metrics()
    metrics.count("relay_leads", "created", by=5)
    metrics.flush(redis)
    redis.flushall()
    metrics.count("relay_leads", "created")
    metrics.flush(redis)
    assert _samples(redis)["relay_leads_total{created}"] == 1


def test_nothing_new_writes_nothing(redis: Redis) -> None:
    Metrics().flush(redis)
    assert not redis.exists(HASH)


def test_label_values_are_quoted(redis: Redis) -> None:
    metrics = Metrics()
    metrics.count("relay_turned_away", 'a "quoted"\nreason')
    metrics.flush(redis)
    assert _samples(redis)['relay_turned_away_total{a "quoted"\nreason}'] == 1


def test_unknown_names_and_wrong_labels_are_bugs() -> None:
    with pytest.raises(KeyError):
        Metrics().count("relay_unheard_of")
    with pytest.raises(ValueError, match="takes the labels"):
        Metrics().count("relay_attempts", "webhook")
