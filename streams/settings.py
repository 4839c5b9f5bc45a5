"""What can be set of the streams: how Kafka is reached, how much is held in hand, when to give up."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BulkSettings(BaseModel):
    """How documents are gathered for one write."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=1000, ge=1)
    """Documents in one write at most, before duplicates are folded."""
    age_s: float = Field(default=1.0, gt=0)
    """Longest time a document waits for others, in seconds, counted from the first."""
    tries: int = Field(default=6, ge=1)
    """Writes of a document that the engine puts off (429, 503) while it takes others; then it is a dead
    letter."""


class LaneSettings(BaseModel):
    """How the lane reads; how it writes is `bulk`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_s: float = Field(default=30.0, gt=0)
    """After so many seconds of silence the broker gives this lane's partitions to another."""
    audit_days: int = Field(default=90, ge=1)
    """Days that questions to models and their answers stay in the index; the topic keeps them for 90."""
    bulk: BulkSettings = BulkSettings()


class DlqSettings(BaseModel):
    """When so much fails that the fault must be ours or the sender's as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ratio: float = Field(default=0.5, gt=0, le=1)
    """Largest share of dead letters among the last `window` inputs of a topic."""
    window: int = Field(default=500, ge=1)
    """Inputs of a topic over which that share is taken."""
    run: int = Field(default=200, ge=1)
    """Most dead letters of a topic one after the other."""


class HealthSettings(BaseModel):
    """The worker's own page, and when it counts as stalled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address that `/healthz` and `/metrics` listen on."""
    port: int = Field(default=0, ge=0, le=65535)
    """0: a free port, printed in the log."""
    silence_s: float = Field(default=300.0, gt=0)
    """The worker ends when it acknowledged nothing for so long although there is lag."""


class StreamSettings(BaseModel):
    """How workers reach Kafka and how much they hold in hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = "127.0.0.1:9092"
    """host:port of a broker, several with commas."""
    prefix: str = ""
    """Before every topic and consumer group: one for each city on a shared cluster."""
    wide: int = Field(default=4, ge=1)
    """Partitions of the topics by ticket, district or problem: so many workers can share the work."""
    data_dir: Path = Path(".weisu/workers")
    """Faust's own small files; the state itself is in the changelog topics."""
    instance: str = ""
    """Name of this worker among those of its role, for static membership; empty: none."""
    session_s: float = Field(default=30.0, gt=0)
    """After so many seconds of silence the broker gives a worker's partitions to another."""
    commit_s: float = Field(default=1.0, gt=0)
    """Seconds between commits: what a crash repeats at most."""
    linger_s: float = Field(default=0.02, ge=0)
    """Seconds that outputs wait for others of their batch."""
    buffer: int = Field(default=256, ge=1)
    """Inputs of a stream that are read ahead."""
    max_unacked: int = Field(default=1000, ge=1)
    """Inputs of a fast agent whose outputs are still under way."""
    concurrency: int = Field(default=16, ge=1)
    """Inputs of a slow agent that are worked on at once."""
    window: int = Field(default=64, ge=1)
    """Inputs of a slow agent that are unacknowledged at once: what a crash repeats."""
    lateness_s: float = Field(default=60.0, ge=0)
    """How long alerting waits in event time for what is late."""
    ahead_h: float = Field(default=24.0, gt=0)
    """An event further ahead of the clock, in hours, is a dead letter: it would move event time for all that follow."""
    waiting: int = Field(default=10_000, ge=1)
    """Findings and counts of a partition that may wait in alerting."""
    grace_s: float = Field(default=10.0, gt=0)
    """What runs at a rebalance or stop may take so long to end; then it is let go, and done again
    elsewhere."""
    tick_s: float = Field(default=10.0, gt=0)
    """Seconds between looks for idle partitions."""
    regrade_s: float = Field(default=5.0, gt=0)
    """Seconds between looks for tickets that wait to be graded by a model."""
    health: HealthSettings = HealthSettings()
    dlq: DlqSettings = DlqSettings()
    lane: LaneSettings = LaneSettings()
