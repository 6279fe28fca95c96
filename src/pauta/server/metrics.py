"""Figures for Prometheus: requests as they come, and the state of queue, runs and workers when it asks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from pauta.services.control import Control
from pauta.services.standing import standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Counts:
    """The server's own registry: nothing of other libraries, nothing global."""

    def __init__(self, control: Control) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "pauta_requests", "Requests answered.", ("method", "path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "pauta_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ("path",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self.registry.register(_Standing(control))

    def started(self) -> float:
        """When a request came, for `ended`."""
        return time.perf_counter()

    def ended(self, scope: Scope, *, status: int, started: float) -> None:
        """Count an answer under the path of its route; 0 for one that never began."""
        route = scope.get("route")
        path = getattr(route, "path", "")
        # What somebody asks for must not make labels at will: methods are those of routes, paths as they are declared.
        method = scope["method"] if scope["method"] in (getattr(route, "methods", None) or ()) else "other"
        key = (method, path, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(method, path or "none", str(status))
        histogram = self._histograms.get(path)
        if histogram is None:
            histogram = self._histograms[path] = self._seconds.labels(path or "none")
        counter.inc()
        histogram.observe(time.perf_counter() - started)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """Looks at the records when asked."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: a registry would ask for the figures at once otherwise."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """The figures now."""
        now = standing(self._control)
        yield _gauge("pauta_queue_depth", "Stages that wait for a worker.", "pool", now.queued)
        yield _gauge("pauta_leases", "Stages that run.", "pool", now.leased)
        yield _gauge("pauta_runs", "Runs by state.", "state", now.runs)
        yield _gauge("pauta_workers", "Workers by state.", "state", now.workers)
        yield _single("pauta_stuck_runs", "Runs that are open and in which nothing can move.", now.stuck)
        yield _single("pauta_schedule_lateness_seconds", "How late the most overdue schedule is.", now.lateness_seconds)
        build = GaugeMetricFamily("pauta_build_info", "The program.", labels=["version"])
        build.add_metric([self._control.version], 1)
        yield build


def _gauge(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _single(name: str, text: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family
