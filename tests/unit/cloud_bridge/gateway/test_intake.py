"""The door stands open to everybody: whoever proves nothing costs next to nothing."""

import asyncio
import errno
import gc
import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from cloud_bridge.gateway import door, intake
from tests.cloud import PATIENCE, until
from tests.gateways import BareStore, RunningGateway, order, signed

Post = Callable[..., Coroutine[Any, Any, int]]
POST = b"POST /channels/generic/shop HTTP/1.1\r\nHost: x\r\n"


async def said(gateway: RunningGateway, request: bytes) -> bytes:
    """All that is answered to these bytes until the connection is closed."""
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE):
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
    async with asyncio.timeout(PATIENCE):
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


@pytest.fixture
def post(gateway: RunningGateway) -> Post:
    """Sends the very same request about an order each time; its status."""
    now = time.time()

    async def send(number: int = 1) -> int:
        body = json.dumps({"type": "order.placed", "data": order(number)}).encode()
        status, _ = await gateway.post("/channels/generic/shop", body, signed(body, f"msg-{number}", at=now))
        return status

    return send


async def test_a_request_that_comes_again_while_it_is_put_on_the_disk_waits_for_that(
    gateway: RunningGateway, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, go_on, come = gateway.gateway.hub, threading.Event(), list[bytes]()
    digest = intake._digest
    monkeypatch.setattr(intake, "_digest", lambda *about: come.append(digest(*about)) or come[-1])
    hub.hasten(lambda _draft: lambda: go_on.wait(PATIENCE) and None)
    posts = [asyncio.create_task(post()) for _ in range(16)]
    await until(lambda: len(come) == 16)
    assert not any(one.done() for one in posts)
    go_on.set()
    assert await asyncio.gather(*posts) == [200] * 16
    assert [row.kind for row in await hub.journal.facts()].count("WebhookKept") == 1


async def test_none_of_the_same_requests_is_answered_where_the_disk_is_full_and_the_next_one_is_kept(
    gateway: RunningGateway, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_statements: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as disk:
        disk.setattr(gateway.gateway.hub.journal, "_commit", full)
        assert await asyncio.gather(*(post() for _ in range(3))) == [503] * 3
    assert await post() == 200
    await until(lambda: len(gateway.gateway.hub.board.orders) == 1)


async def test_a_request_that_is_not_remembered_is_kept_once_more_and_has_no_second_effect(
    gateway: RunningGateway, post: Post, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "REMEMBERED", 1)
    for number in (1, 2, 1, 2):
        assert await post(number) == 200
    hub = gateway.gateway.hub
    await until(lambda: len(store.orders) == 2 and not len(hub.board.webhooks))
    assert [row.kind for row in await hub.journal.facts()].count("WebhookKept") == 4
    await gateway.again()
    assert await post() == 200
    await until(lambda: not len(gateway.gateway.hub.board.webhooks))
    assert len(store.orders) == 2


async def test_who_asks_before_it_sends_a_long_body_is_told_to_go_on(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    writer.write(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_who_speaks_http_1_0_is_not_told_to_go_on(gateway: RunningGateway) -> None:
    head = POST.replace(b"1.1", b"1.0") + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    writer.write(head)
    await until(lambda: gateway.gateway.intake.reading)
    writer.write(b"{}")
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readline()).startswith(b"HTTP/1.0 401 ")
    writer.close()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_a_packed_body_is_proved_as_its_sender_had_it(
    gateway: RunningGateway, pack: Callable[[bytes], bytes]
) -> None:
    body = json.dumps({"type": "order.placed", "data": order(1)}).encode()
    encoding = "gzip" if pack is gzip.compress else "deflate"
    headers = signed(body, "msg-1") | {"content-encoding": encoding}
    async with gateway.session.post(f"{gateway.url}/channels/generic/shop", data=pack(body), headers=headers) as answer:
        assert answer.status == 200
    await until(lambda: len(gateway.gateway.hub.board.orders) == 1)


@pytest.mark.parametrize(
    ("path", "encoding", "cut", "status"),
    [
        ("/channels/generic/shop", b"gzip", None, b"413"),
        ("/channels/generic/shop", b"gzip", 1000, b"400"),
        ("/channels/generic/shop", b"br", None, b"400"),
        ("/nothing", b"gzip", None, b"404"),
    ],
)
async def test_a_body_that_is_small_only_while_it_is_packed_is_refused(
    gateway: RunningGateway, path: str, encoding: bytes, cut: int | None, status: bytes
) -> None:
    bomb = gzip.compress(bytes(64 * intake.LARGEST))[:cut]
    length = str(len(bomb)).encode()
    head = b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: " + encoding
    answer = await said(gateway, head + b"\r\nContent-Length: " + length + b"\r\n\r\n" + bomb)
    assert answer.startswith(b"HTTP/1.1 " + status)


async def test_what_is_refused_is_not_kept_in_memory(gateway: RunningGateway) -> None:
    bomb = gzip.compress(bytes(intake.LARGEST + 1))
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(8):
            head = POST + b"Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
            assert (await said(gateway, head + bomb)).startswith(b"HTTP/1.1 413 ")
        assert tracemalloc.get_traced_memory()[0] < 4 * intake.LARGEST
    finally:
        tracemalloc.stop()
        gc.enable()


async def test_a_header_that_is_no_utf_8_is_the_senders_mistake(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    head = POST + b"Connection: close\r\nwebhook-id: \xff\r\nContent-Length: 2\r\n\r\n{}"
    assert (await said(gateway, head)).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "path", ["/channels/generic/nobody", "/channels/generic", "/nothing", "/channels/generic/shop/"]
)
async def test_what_is_not_there_is_said(gateway: RunningGateway, path: str) -> None:
    assert await gateway.post(path, b"{}") == (404, b'{"reason": "there is nothing at this address"}')


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
    async with asyncio.timeout(PATIENCE):
        await reader.readuntil(b"HTTP/1.1 401 ")
    writer.close()


async def test_of_many_who_say_nothing_the_oldest_go_at_once(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    monkeypatch.setattr(door, "SILENT", 2)
    there = [await asyncio.open_connection(*gateway.gateway.address) for _ in range(4)]
    async with asyncio.timeout(PATIENCE):
        assert [await reader.read() for reader, _ in there[:2]] == [b"", b""]
    assert not any(reader.at_eof() for reader, _ in there[2:])
    for _, writer in there:
        writer.close()


async def test_of_too_many_who_once_said_something_those_go_that_have_been_idle_for_longest(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    there = [await asyncio.open_connection(*gateway.gateway.address) for _ in range(4)]
    for reader, writer in (*there, there[0]):
        writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b" 404 " in await reader.readuntil(b'this address"}')
    monkeypatch.setattr(door, "MOST", 2)
    async with asyncio.timeout(PATIENCE):
        assert [await reader.read() for reader, _ in there[1:3]] == [b"", b""]
    assert not any(reader.at_eof() for reader, _ in (there[0], there[3]))
    for _, writer in there:
        writer.close()


async def test_who_asks_and_asks_and_takes_no_answer_is_let_go(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    loop = asyncio.get_running_loop()
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        greedy.setblocking(False)
        await loop.sock_connect(greedy, gateway.gateway.address)
        sending = asyncio.create_task(loop.sock_sendall(greedy, b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 500_000))
        connections = gateway.gateway._keeper._server._connections
        await until(lambda: connections)
        [connection] = connections
        await until(lambda: connection.transport and connection.transport.get_write_buffer_size())
        monkeypatch.setattr(door, "PATIENCE", 0.1)
        with pytest.raises(ConnectionError):
            await sending
    await until(lambda: not gateway.gateway._keeper._server.connections)


async def test_who_is_one_too_many_and_waits_for_an_answer_gets_it_first(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK", 0.05)
    monkeypatch.setattr(door, "MOST", 0)
    reader, writer = await asyncio.open_connection(*gateway.gateway.address)
    writer.write(POST + b"Content-Length: 2\r\n\r\n{")
    await until(lambda: gateway.gateway.intake.reading)
    idle, busy = await asyncio.open_connection(*gateway.gateway.address)
    busy.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert b" 404 " in await idle.read()  # and then it was closed
        writer.write(b"}")
        assert b" 401 " in await reader.read()
    writer.close()
    busy.close()


TOO_LONG, TOO_MANY = b"X-Long: " + b"x" * 5000, b"".join(b"X-%d: x\r\n" % number for number in range(70))


@pytest.mark.parametrize("headers", [TOO_LONG, TOO_MANY])
async def test_headers_without_an_end_are_not_kept_for_long(gateway: RunningGateway, headers: bytes) -> None:
    assert b" 400 " in await said(gateway, POST + headers)


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
