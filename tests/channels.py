"""What the tests of all channels share: an account, any JSON, a gateway with one account of a channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from cloud_bridge.gateway.channels import Account, Channel, Forged, Said, Unreadable
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.orders import Notice, account_key
from cloud_bridge.gateway.settings import AccountSettings
from edge import opendelivery
from tests.brokers import Broker
from tests.gateways import STORE, RunningGateway, metric, settings_of

NOW = 1_790_000_000.0

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON object; often with the names that the channel looks at."""
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=6), anything, max_size=8)


def parsed(channel: Channel, webhook: Webhook, account: Account) -> list[Any]:
    """What a proved request says; Unreadable is the one answer besides."""
    channel.verify(webhook, account, NOW)
    try:
        said = list(channel.parse(webhook, account))
    except Unreadable:
        return []
    return said


def is_forged(channel: Channel, webhook: Webhook, account: Account, now: float = NOW) -> bool:
    """Whether a request is refused, in words without a secret."""
    try:
        channel.verify(webhook, account, now)
    except Forged as forged:
        return not any(secret in str(forged) for secret in account.secrets.values())
    return False


def readable(said: Said) -> opendelivery.Order:
    """The order as the store will read it."""
    data = msgspec.json.Encoder(decimal_format="number").encode({"id": "ours"} | said.order)
    return opendelivery.read_order(data)


def notice(account: str, on: str, **rest: Any) -> Notice:
    """What a store's event has a channel told."""
    return Notice(id="1", account=account, on=on, store=STORE, at=NOW, due=NOW, until=NOW, ways=("channel",), **rest)


async def refuses(
    gateway: RunningGateway,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: bytes,
    headers: dict[str, str] | None = None,
) -> None:
    """Whether a request is turned away, counted, and told the log without a secret of its account."""
    key = path.removeprefix("/channels/").partition("?")[0]
    [settings] = [one for one in gateway.settings.accounts if account_key(one.channel, one.id) == key]
    figure = f'ovenbell_gateway_refused_total{{account="{key}"}}'
    before = await metric(gateway.url, figure)
    assert (await gateway.post(path, body, headers))[0] == 401
    assert await metric(gateway.url, figure) == before + 1
    assert any(line.startswith(f"requests to {key} were refused, ") for line in caplog.messages)
    assert not any(secret in caplog.text for secret in gateway.gateway.settings.account(settings).secrets.values())


@asynccontextmanager
async def one_account(
    broker: Broker, directory: Path, channel: str, secrets: dict[str, str], **about: Any
) -> AsyncIterator[RunningGateway]:
    """A gateway with the account `CHANNEL/shop`, whose secrets are these."""
    files = {}
    for name, secret in secrets.items():
        file = directory / f"{channel}-{name}"
        file.write_text(secret)
        files[name] = str(file)
    account = AccountSettings(channel=channel, id="shop", store=STORE, secret_files=files, **about)
    settings = settings_of(broker, directory, accounts=(account,))
    async with RunningGateway(settings, directory / "gateway.db") as gateway:
        yield gateway
