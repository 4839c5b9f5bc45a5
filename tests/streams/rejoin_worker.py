"""A Faust worker for test_rejoin.py: two agents, a table, outputs; it writes down what it has processed.

Run as `python rejoin_worker.py worker …` with NAME, BROKER, FOLDER, NUMBER and CONSUMER (plain or contiguous)
in the environment. The agent acknowledges only what is delivered: all that plain Faust asks of a user.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import faust

from streams.consumer import install

NAME, NUMBER = os.environ["NAME"], os.environ["NUMBER"]
FOLDER = Path(os.environ["FOLDER"])

app = faust.App(
    NAME,
    broker=f"kafka://{os.environ['BROKER']}",
    datadir=str(FOLDER / f"faust-{NUMBER}"),
    broker_session_timeout=6,
    broker_heartbeat_interval=1.5,
    broker_max_poll_interval=86400,
    broker_commit_interval=1.0,
    consumer_auto_offset_reset="earliest",
    producer_linger=0.005,
    stream_buffer_maxsize=256,
    table_standby_replicas=0,
    topic_partitions=4,
    topic_disable_leader=True,
)
if os.environ["CONSUMER"] == "contiguous":
    install(app)

source = app.topic(f"{NAME}-in", key_serializer="raw", value_serializer="raw", partitions=4)
outputs = app.topic(f"{NAME}-out", key_serializer="raw", value_serializer="raw", partitions=1)
seen = app.Table("seen", partitions=4, default=int)
processed = (FOLDER / f"{NUMBER}.processed").open("a", buffering=1)


@app.agent(source)
async def work(stream: Any) -> None:
    async for event in stream.noack().events():
        await asyncio.sleep(0.015)
        seen[event.key.decode()] += 1
        await (await outputs.send(key=b"x", value=event.value))
        processed.write(f"{event.message.partition} {event.message.offset} {event.value.decode()}\n")
        event.ack()


@app.agent(outputs)
async def receive(stream: Any) -> None:
    async for event in stream.noack().events():
        event.ack()


if __name__ == "__main__":
    app.main()
