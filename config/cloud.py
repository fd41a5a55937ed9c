"""cloud.toml: what a gateway is told, and what no section of it can know alone."""

import re
from collections.abc import Iterable, Iterator
from datetime import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloud_bridge.gateway.channels import CHANNELS, Channel
from cloud_bridge.gateway.orders import CHANNEL
from cloud_bridge.gateway.plan import NAMES
from cloud_bridge.gateway.pull import MINUTES, minutes_of
from cloud_bridge.gateway.seal import keys_at
from cloud_bridge.gateway.settings import (
    TOKEN_VARIABLE,
    AccountSettings,
    CloudFile,
    GatewaySettings,
    MessageSettings,
    WaySettings,
    missing_secrets,
    secrets_of,
)
from cloud_bridge.gateway.ways import WAYS, Setting, Way
from config.checks import Door, broker, check, locked, parses, read_toml, twice, zone
from edge.settings import listen_address

NAMED = re.compile(r"\{(\w*)\}")


def load_cloud(file: Path) -> CloudFile:
    """The settings of a gateway; raises WrongSettings."""
    return check_cloud(read_toml(file), file)


def check_cloud(tree: dict[str, Any], file: Path, *, here: bool = True) -> CloudFile:
    """The settings in a parsed file; raises WrongSettings with every mistake there is.

    Settings that are not to run here may need secrets that only the gateway's machine has.
    """

    def cross_check(settings: CloudFile) -> Iterator[str]:
        yield from _cross_check(settings)
        if here:
            yield from _secrets(settings)

    return check(tree, file, CloudFile, {"broker": {"url": "mqtt://localhost"}}, cross_check)


def _secrets(settings: CloudFile) -> Iterator[str]:
    """What is wrong with what only this machine knows."""
    gateway = settings.gateway
    yield from locked(Door("gateway", gateway.listen, gateway.token_file, TOKEN_VARIABLE))
    yield from _seal(settings)
    for place, one in settings.with_secrets:
        yield from (f"{place}.{mistake}" for mistake in missing_secrets(one))


def _cross_check(settings: CloudFile) -> Iterator[str]:
    """What no section can know alone."""
    yield from broker("broker", settings.broker)
    yield from _gateway(settings.gateway)
    stores, ways = {store.id for store in settings.stores}, {way.id for way in settings.ways}
    yield from twice("stores", [store.id for store in settings.stores])
    for number, store in enumerate(settings.stores):
        yield from zone(f"stores[{number}].timezone", store.timezone)
    yield from _accounts(settings.accounts, stores, ways)
    yield from _ways(settings.ways)
    for number, message in enumerate(settings.messages):
        yield from _message(f"messages[{number}]", message, stores, ways)


def _gateway(gateway: GatewaySettings) -> Iterator[str]:
    yield from parses("gateway.listen", listen_address, gateway.listen)
    yield from parses("gateway.url", _base, gateway.url)
    if gateway.quiet is not None:
        start, end = (time.fromisoformat(part) for part in gateway.quiet.split("-"))
        if start == end:
            yield f"gateway.quiet: expected two times that differ, such as 22:00-07:30, not {gateway.quiet}"


def _base(url: str) -> None:
    """Raises ValueError where no channel could call this."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValueError(f"expected https://HOST, but {error}") from None
    unfit = parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment
    if url and (unfit or any(character.isspace() for character in url)):
        raise ValueError(f"expected https://HOST, the beginning of the address that the channels call, not {url!r}")


def _seal(settings: CloudFile) -> Iterator[str]:
    """Keys that are there must be keys; where there are none they are made at the first start."""
    try:
        keys_at(settings.key_path(settings.journal_path), make=False)
    except FileNotFoundError:
        return
    except OSError as error:
        yield f"gateway.key_file: cannot be read: {error.strerror}"
    except ValueError as error:
        yield f"gateway.key_file: {error}"


def _accounts(accounts: Iterable[AccountSettings], stores: set[str], ways: set[str]) -> Iterator[str]:
    known: set[tuple[str, str]] = set()
    for number, account in enumerate(accounts):
        place = f"accounts[{number}]"
        if (account.channel, account.id) in known:
            yield f"{place}.id: {account.channel} has an account {account.id!r} already"
        known.add((account.channel, account.id))
        if not account.store and not account.stores:
            yield f"{place}.store: required, or stores by the channel's id of the shop"
        if account.store and account.store not in stores:
            yield f"{place}.store: there is no store {account.store!r}"
        for shop, store in account.stores.items():
            if store not in stores:
                yield f"{place}.stores.{shop}: there is no store {store!r}"
        yield from _known_ways(place, account.ways, ways)
        yield from _kind(f"{place}.channel", "channel", account.channel, CHANNELS)
        yield from _needs(place, account, CHANNELS.get(account.channel))
        if minutes := account.options.get(MINUTES):
            yield from parses(f"{place}.options.{MINUTES}", minutes_of, minutes)
        yield from zone(f"{place}.options.timezone", account.options.get("timezone", ""))


def _ways(ways: tuple[WaySettings, ...]) -> Iterator[str]:
    yield from twice("ways", [way.id for way in ways])
    for number, way in enumerate(ways):
        place = f"ways[{number}]"
        if way.id == CHANNEL:
            yield f"{place}.id: {CHANNEL!r} is the way to the channels themselves"
        yield from _kind(f"{place}.kind", "kind of way", way.kind, WAYS)
        kind = WAYS.get(way.kind)
        yield from _needs(place, way, kind)
        if kind is not None:
            about = Setting(way.id, way.options, {}, way.templates)
            yield from (f"{place}.{mistake}" for mistake in kind.mistakes(about))


def _kind(path: str, what: str, name: str, there: Iterable[str]) -> Iterator[str]:
    if name not in there:
        yield f"{path}: there is no {what} {name!r}; there are {', '.join(sorted(there))}"


def _known_ways(place: str, wanted: Iterable[str], ways: set[str]) -> Iterator[str]:
    yield from (f"{place}.ways: there is no way {one!r}" for one in wanted if one not in ways)


def _needs(place: str, settings: AccountSettings | WaySettings, kind: Channel | Way | None) -> Iterator[str]:
    """Options and secrets that are missing, and secrets of a name that nobody asks for."""
    if kind is None:
        return
    for name in kind.options:
        if not settings.options.get(name):
            yield f"{place}.options.{name}: required"
    asked = secrets_of(settings)
    for name in settings.secret_files:
        if name not in asked:
            yield f"{place}.secret_files.{name}: there is no such secret; there are {', '.join(asked) or 'none'}"


def _message(place: str, message: MessageSettings, stores: set[str], ways: set[str]) -> Iterator[str]:
    if not message.words:
        yield f"{place}.words: required, in one language at least"
    for language, words in message.words.items():
        for name in NAMED.findall(words):
            if name not in NAMES:
                there = ", ".join(f"{{{one}}}" for one in NAMES)
                yield f"{place}.words.{language}: there is no {{{name}}}; there are {there}"
    for pattern in message.stores:
        if not any(fnmatchcase(store, pattern) for store in stores):
            yield f"{place}.stores: there is no store {pattern!r}"
    yield from _known_ways(place, message.ways, ways)
