"""A role as a Faust app: what it reads, how it is set, where its tables stand."""

import asyncio
from pathlib import Path

import pytest
from fakes.roles import make, parts

from streams.app import Role, build
from streams.consumer import ContiguousConsumer
from streams.metrics import Metrics
from streams.settings import StreamSettings
from streams.topics import INPUTS
from streams.worker import make_app


@pytest.fixture
def settings(tmp_path: Path) -> StreamSettings:
    return StreamSettings(prefix="p.", data_dir=tmp_path, lateness_s=60, tick_s=10)


@pytest.mark.parametrize("role", ["core", "grading", "notifying"])
def test_a_role_reads_its_topics_in_its_own_group(role: Role, settings: StreamSettings) -> None:
    worker = build(role, settings, parts(), Metrics(), pytest.fail)
    read = {topic for agent in worker.app.agents.values() for topic in agent.channel.topics}
    assert read == {"p." + name for name in INPUTS[role]}
    assert worker.app.conf.id == f"p.weisu-{role}"


def test_the_settings_are_the_safe_ones(settings: StreamSettings) -> None:
    conf = make("core", settings).app.conf
    assert conf.broker_max_poll_interval == 86_400
    assert conf.stream_buffer_maxsize == 256
    assert conf.stream_wait_empty and conf.topic_disable_leader
    assert not conf.web_enabled and not conf.topic_allow_declare
    assert make("core", settings).app.transport.Consumer is ContiguousConsumer


def test_tables_stand_where_the_topics_were_made(settings: StreamSettings) -> None:
    worker = build("core", settings, parts(), Metrics(), pytest.fail)
    changelogs = {
        table.changelog_topic.get_topic_name(): table.partitions for table in worker.app.tables.values()
    }
    assert changelogs
    assert changelogs.items() <= worker.topics.changelogs.items()


async def test_letting_go_comes_before_faust_waits_for_ever(settings: StreamSettings) -> None:
    worker = build("core", settings, parts(), Metrics(), pytest.fail)
    closed: list[int] = []
    worker.app.let_go = [(0.0, closed.append)]
    worker.app.consumer_generation_id = 5

    class Stuck:
        async def wait_empty(self) -> None:
            while not closed:
                await asyncio.sleep(0)

    await worker.app._consumer_wait_empty(Stuck(), worker.app.log)
    assert closed[0] == 5


def test_a_worker_without_a_name_is_no_static_member() -> None:
    """An empty name is a name to Kafka: two workers that bear it throw each other out for ever."""
    assert make_app("core", StreamSettings()).conf.consumer_group_instance_id is None
    named = make_app("core", StreamSettings(instance="a"))
    assert named.conf.consumer_group_instance_id == "core-a"
