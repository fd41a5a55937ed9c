"""The door stands open to everybody: whoever proves nothing costs next to nothing."""

import asyncio

import pytest

from cloud_bridge.gateway import door, intake
from tests.cloud import until
from tests.gateways import RunningGateway

POST = b"POST /channels/generic/shop HTTP/1.1\r\nHost: x\r\n"


async def said(gateway: RunningGateway, request: bytes) -> bytes:
    """All that is answered to these bytes until the connection is closed."""
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PATIENCE", 0.1)
    answer = await said(gateway, POST + b"Content-Length: 100\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_of_many_bodies_that_do_not_come_the_oldest_are_waited_for_no_longer(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "SLOW", 1)
    monkeypatch.setattr(intake, "HASTE", 0.1)
    there = []
    for _ in range(2):
        reader, writer = await asyncio.open_connection(*gateway.gateway.address)
        writer.write(POST + b"Content-Length: 100\r\n\r\n{")
        there.append((reader, writer))
    async with asyncio.timeout(5):
        answer, _ = await asyncio.wait(
            [asyncio.create_task(reader.readline()) for reader, _ in there], return_when=asyncio.FIRST_COMPLETED
        )
    assert [one.result() for one in answer] == [b"HTTP/1.1 408 Request Timeout\r\n"]
    for _, writer in there:
        writer.close()


async def test_a_body_that_is_no_gzip_is_the_senders_mistake(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        answer = await said(gateway, POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
        assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in caplog.text


async def test_who_hangs_up_in_the_middle_leaves_no_traceback(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection(*gateway.gateway.address)
    writer.write(POST + b"Content-Length: 100\r\n\r\n{")
    await until(lambda: gateway.gateway.intake.reading)
    writer.transport.abort()
    await until(lambda: not gateway.gateway.intake.reading)
    await said(gateway, POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert "Traceback" not in caplog.text


async def test_who_says_nothing_whole_does_not_stay_and_who_does_may(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    monkeypatch.setattr(door, "PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    right = POST + b"Content-Length: 2\r\n\r\n{}"
    writer.write(right)
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    for silent in (b"", POST, b"G"):
        assert await said(gateway, silent) == b""
    writer.write(right)
    async with asyncio.timeout(10):
        await reader.readuntil(b"HTTP/1.1 401 ")
    writer.close()


async def test_of_many_who_say_nothing_the_oldest_go_at_once(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    monkeypatch.setattr(door, "SILENT", 2)
    there = [await asyncio.open_connection(*gateway.gateway.address) for _ in range(4)]
    async with asyncio.timeout(10):
        assert [await reader.read() for reader, _ in there[:2]] == [b"", b""]
    assert not any(reader.at_eof() for reader, _ in there[2:])
    for _, writer in there:
        writer.close()


async def test_what_anybody_can_send_is_logged_once_a_minute(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        await said(gateway, POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        await said(gateway, b"no HTTP at all\r\n\r\n")
    assert gateway.gateway.intake.refused["generic/shop"] == 20
    lines = [record for record in caplog.records if "generic/shop" in record.message or "no HTTP" in record.message]
    assert len(lines) <= 2
    assert "Traceback" not in caplog.text


def test_how_often_it_was_is_said_when_it_is_said_again() -> None:
    seldom = door.Seldom()
    assert [seldom.count("a", now) for now in (0.0, 1.0, 59.0, 60.0, 61.0)] == [1, 0, 0, 3, 0]
    assert seldom.count("b", 61.0) == 1
