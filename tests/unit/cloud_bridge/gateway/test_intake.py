"""The door stands open to everybody: whoever proves nothing costs next to nothing."""

import asyncio

import pytest

from cloud_bridge.gateway import intake
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
