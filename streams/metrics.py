"""The closed list of metric names, each with unit and meaning, and the one place that counts them."""

from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

MetricName = Literal[
    "weisu_acknowledged_total",
    "weisu_in_flight",
    "weisu_last_ack_age_seconds",
    "weisu_lag",
    "weisu_consumer_offsets",
    "weisu_step_seconds",
    "weisu_outputs_total",
    "weisu_dead_letters_total",
    "weisu_retries_total",
    "weisu_grades_total",
    "weisu_grades_review_total",
    "weisu_grades_waiting",
    "weisu_model_calls_total",
    "weisu_model_seconds",
    "weisu_model_cached_total",
    "weisu_model_tokens_total",
    "weisu_model_cost_cny_total",
    "weisu_alert_events_total",
    "weisu_sentences_dropped_total",
    "weisu_deliveries_total",
    "weisu_indexed_total",
    "weisu_index_waits_total",
]


@dataclass(frozen=True)
class Metric:
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    labels: tuple[str, ...]
    meaning: str


STEP_BUCKETS = (0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)

METRICS: dict[MetricName, Metric] = {
    "weisu_acknowledged_total": Metric(
        "counter", "inputs", ("agent",), "inputs acknowledged, in offset order"
    ),
    "weisu_in_flight": Metric("gauge", "inputs", ("agent",), "inputs read and not acknowledged yet"),
    "weisu_last_ack_age_seconds": Metric(
        "gauge", "seconds", ("agent",), "time since the last acknowledgement"
    ),
    "weisu_lag": Metric(
        "gauge",
        "records",
        ("topic", "partition"),
        "fetched high-water less committed offset, owned partitions",
    ),
    "weisu_consumer_offsets": Metric(
        "gauge",
        "times",
        ("what",),
        "since the start: asked for again (rewinds), passed over as known (skipped), not in the log (missing)",
    ),
    "weisu_step_seconds": Metric(
        "histogram", "seconds", ("agent",), "time of one step, waiting for others included"
    ),
    "weisu_outputs_total": Metric("counter", "records", ("topic",), "records handed to the producer"),
    "weisu_dead_letters_total": Metric(
        "counter", "records", ("topic", "reason"), "inputs that could not be handled"
    ),
    "weisu_retries_total": Metric("counter", "attempts", ("agent",), "waits for something outside"),
    "weisu_grades_total": Metric("counter", "grades", ("source", "urgency"), "grades by who made them"),
    "weisu_grades_review_total": Metric(
        "counter", "grades", ("reason",), "grades that a person should look at, by reason"
    ),
    "weisu_grades_waiting": Metric(
        "gauge", "tickets", (), "graded by rules while no model could be asked, waiting for one"
    ),
    "weisu_model_calls_total": Metric(
        "counter", "calls", ("model", "outcome"), "questions to a model, by what became of them"
    ),
    "weisu_model_seconds": Metric("histogram", "seconds", ("model",), "time of one question to a model"),
    "weisu_model_cached_total": Metric(
        "counter",
        "grades",
        ("whose",),
        "grades by a model's answer that was known already: the ticket's own, or another's",
    ),
    "weisu_model_tokens_total": Metric(
        "counter", "tokens", ("direction",), "tokens sent to and got from a model"
    ),
    "weisu_model_cost_cny_total": Metric("counter", "yuan", (), "cost of model calls"),
    "weisu_alert_events_total": Metric(
        "counter", "events", ("event",), "events of alerts' lives; held: the ledger"
    ),
    "weisu_sentences_dropped_total": Metric(
        "counter",
        "sentences",
        (),
        "sentences and quotes left out of an alert because nothing supported them",
    ),
    "weisu_deliveries_total": Metric("counter", "messages", ("outcome",), "messages to officers"),
    "weisu_indexed_total": Metric("counter", "documents", ("outcome",), "documents by outcome of the write"),
    "weisu_index_waits_total": Metric(
        "counter", "waits", (), "pauses because the index did not take a batch"
    ),
}


class Metrics:
    """One process's counts, in a registry of its own so that tests and several apps do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[MetricName, Any] = {
            name: self._make(name, metric) for name, metric in METRICS.items()
        }

    def _make(self, name: MetricName, metric: Metric) -> Any:
        text = f"{metric.meaning} ({metric.unit})"
        if metric.kind == "counter":
            return Counter(name, text, metric.labels, registry=self.registry)
        if metric.kind == "gauge":
            return Gauge(name, text, metric.labels, registry=self.registry)
        return Histogram(name, text, metric.labels, registry=self.registry, buckets=STEP_BUCKETS)

    def count(self, name: MetricName, amount: float = 1, **labels: str) -> None:
        """Add `amount` to a counter."""
        self._of(name, labels).inc(amount)

    def set(self, name: MetricName, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._of(name, labels).set(value)

    def observe(self, name: MetricName, value: float, **labels: str) -> None:
        """Put one measurement into a histogram."""
        self._of(name, labels).observe(value)

    def clear(self, name: MetricName) -> None:
        """Forget all label values of a gauge: partitions that are no longer owned."""
        self._made[name].clear()

    def text(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self.registry)

    def _of(self, name: MetricName, labels: dict[str, str]) -> Any:
        made = self._made[name]
        return made.labels(**labels) if labels else made
