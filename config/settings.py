"""store.toml: composed from the rooms' own settings, and what no section of it can know alone."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import user_state_path

from cloud_bridge.settings import CloudSettings
from config.checks import Door, broker, check, locked, parses, read_toml, twice, zone
from devices.keys import parse_action, parse_key
from devices.settings import KeypadSettings, PrinterSettings, ScannerSettings, Serial, parse_connection
from display.pickup.settings import PickupSettings
from edge.info import Keypad, Product, StoreInfo
from edge.layout import KITCHEN, Layout, PrintRule, Route, Stage, Station, lay_out
from edge.orders import StageId
from edge.routes import route_for
from edge.settings import (
    TOKEN_VARIABLE,
    FeedSettings,
    JournalSettings,
    ProductSettings,
    Settings,
    StageSettings,
    StationSettings,
    StoreSettings,
    is_loopback,
    listen_address,
)
from edge.words import speak

SERVICE_SECRETS = Path("/etc/ovenbell/secrets")  # the environment that the services read


class StoreFile(Settings, frozen=True):
    """Everything a store.toml says."""

    store: StoreSettings
    cloud: CloudSettings | None = None
    journal: JournalSettings = JournalSettings()
    feed: FeedSettings = FeedSettings()
    pickup: PickupSettings = PickupSettings()
    stages: dict[str, StageSettings] = {}
    routes: tuple[Route, ...] = ()
    stations: tuple[StationSettings, ...] = ()
    printers: tuple[PrinterSettings, ...] = ()
    keypads: tuple[KeypadSettings, ...] = ()
    scanners: tuple[ScannerSettings, ...] = ()
    products: tuple[ProductSettings, ...] = ()

    @property
    def journal_path(self) -> Path:
        """Where the journal is."""
        return (
            Path(self.journal.path) if self.journal.path else user_state_path("ovenbell") / self.store.id / "journal.db"
        )

    @property
    def layout(self) -> Layout:
        """The store as the rules see it."""
        say = speak(self.store.language)
        named = {stage: self.stages.get(stage, StageSettings()) for stage in self._stage_ids()}
        return lay_out(
            stages=tuple(
                Stage(StageId(key), stage.name or say(key), stage.presses, stage.min_minutes, stage.max_minutes)
                for key, stage in named.items()
            ),
            stations=tuple(
                Station(station.id, station.name or say(station.id), station.stages, station.slots)
                for station in self.stations
            ),
            routes=self.routes,
            printing=tuple(PrintRule(printer.id, printer.stations, printer.print_on) for printer in self.printers),
            kitchen_name=say(KITCHEN),
            grace=self.cloud.grace_seconds if self.cloud else CloudSettings(url="").grace_seconds,
            stale=self.store.stale_hours * 3600,
            close_after=self.store.close_after_hours * 3600,
            phone=self.store.phone,
            confirm_allergens=self.store.confirm_allergens,
            products={product.code: product.name for product in self.products},
            cloud=self.cloud is not None,
        )

    @property
    def info(self) -> StoreInfo:
        """The store as its screens introduce it."""
        store, layout = self.store, self.layout
        return StoreInfo(
            store.id,
            store.name or store.id,
            store.language,
            store.timezone,
            tuple(
                Product(
                    **msgspec.structs.asdict(product),
                    lead_minutes=route_for(layout, product.code, product.name).lead_minutes,
                )
                for product in self.products
            ),
            tuple(Keypad(keypad.id, keypad.station, keypad.keys) for keypad in self.keypads),
        )

    @property
    def secrets(self) -> dict[str, Path]:
        """The files that the hub's user, and nobody else, must be able to read, by the path of their field."""
        files: dict[str, str | None] = {"feed.token_file": self.feed.token_file}
        if self.cloud is not None:
            files |= {"cloud.password_file": self.cloud.password_file, "cloud.key_file": self.cloud.key_file}
        return {field: Path(file) for field, file in files.items() if file}

    @property
    def certificates(self) -> dict[str, Path]:
        """The files that everybody may read, by the path of their field."""
        cloud = self.cloud
        files = {"cloud.ca_file": cloud.ca_file, "cloud.cert_file": cloud.cert_file} if cloud else {}
        return {field: Path(file) for field, file in files.items() if file}

    def _stage_ids(self) -> list[str]:
        named = [
            *self.stages,
            *(s for r in self.routes for s in r.stages),
            *(s for t in self.stations for s in t.stages),
        ]
        return list(dict.fromkeys([*named, "making"]))


def load_store(file: Path, *, here: bool = True) -> StoreFile:
    """The settings of a store; raises WrongSettings."""
    return check_store(read_toml(file), file, here=here)


def check_store(
    tree: dict[str, Any], file: Path, shape: type[StoreFile] = StoreFile, *, here: bool = True
) -> StoreFile:
    """The settings in a parsed file; raises WrongSettings with every mistake there is.

    Settings that are not to run here may name files that only the store's machine has: see `absent`.
    """

    def cross_check(settings: StoreFile) -> Iterator[str]:
        yield from _cross_check(settings)
        if here:
            yield from locked(_door(settings.feed))

    return check(tree, file, shape, {"store": {"id": "store"}}, cross_check)


def absent(settings: StoreFile, root: Path = Path("/")) -> Iterator[str]:
    """What the store's machine must have before it runs these settings, and what is not below a root."""

    def is_there(file: Path) -> bool:
        return os.access(root / file.relative_to(file.anchor) if file.is_absolute() else file, os.F_OK)

    for field, file in (settings.secrets | settings.certificates).items():
        if not is_there(file):
            yield f"{field}: {file} is not here: the store's machine needs it before its hub starts"
    loopback = is_loopback(listen_address(settings.feed.listen)[0])
    if not (loopback or settings.feed.token_file or is_there(SERVICE_SECRETS)):
        yield f"feed.listen: beyond loopback the hub needs {TOKEN_VARIABLE} in {SERVICE_SECRETS}, or token_file"


def _cross_check(settings: StoreFile) -> Iterator[str]:
    """What no section can know alone."""
    yield from zone("store.timezone", settings.store.timezone)
    if settings.cloud is not None:
        yield from broker("cloud", settings.cloud)
    yield from parses("feed.listen", listen_address, settings.feed.listen)
    yield from _stages(settings)
    stations = settings.layout.stations
    yield from _printers(settings.printers, stations)
    yield from _keypads(settings.keypads, stations)
    yield from _scanners(settings.scanners, stations)
    yield from _ports(settings)
    yield from twice("products", [product.code for product in settings.products], "code")


def _stages(settings: StoreFile) -> Iterator[str]:
    for key, stage in settings.stages.items():
        if not key:
            yield 'stages."": expected a name'
        if stage.min_minutes is not None and stage.max_minutes is not None and stage.min_minutes > stage.max_minutes:
            yield f"stages.{key}.min_minutes: expected at most max_minutes, {stage.max_minutes}"
    yield from twice("stations", [station.id for station in settings.stations])
    owners: dict[str, str] = {}
    for number, station in enumerate(settings.stations):
        for stage_id in station.stages:
            if stage_id in owners:
                yield f"stations[{number}].stages: {stage_id!r} belongs to station {owners[stage_id]!r} already"
            owners.setdefault(stage_id, station.id)


def _printers(printers: tuple[PrinterSettings, ...], stations: Collection[str]) -> Iterator[str]:
    yield from twice("printers", [printer.id for printer in printers])
    for number, printer in enumerate(printers):
        place = f"printers[{number}]"
        yield from parses(f"{place}.connection", parse_connection, printer.connection)
        yield from (f"{place}.stations: there is no station {one!r}" for one in printer.stations if one not in stations)
        if printer.backup is not None and printer.backup not in {other.id for other in printers} - {printer.id}:
            yield f"{place}.backup: there is no other printer {printer.backup!r}"


def _keypads(keypads: tuple[KeypadSettings, ...], stations: Collection[str]) -> Iterator[str]:
    yield from twice("keypads", [keypad.id for keypad in keypads])
    for number, keypad in enumerate(keypads):
        place = f"keypads[{number}]"
        if keypad.station not in stations:
            yield f"{place}.station: there is no station {keypad.station!r}"
        sent: dict[bytes, str] = {}
        named = [(f"keys.{key}", key) for key in keypad.keys]
        named += [(f"ignore[{at}]", key) for at, key in enumerate(keypad.ignore)]
        for field, key in named:
            try:
                code = parse_key(key, keypad.speaks)
            except ValueError as error:
                yield f"{place}.{field}: {error}"
                continue
            if code in sent:
                yield f"{place}.{field}: is the same key as {sent[code]}"
            sent.setdefault(code, key)
        for key, action in keypad.keys.items():
            yield from parses(f"{place}.keys.{key}", partial(parse_action, station=keypad.station), action)


def _scanners(scanners: tuple[ScannerSettings, ...], stations: Collection[str]) -> Iterator[str]:
    yield from twice("scanners", [scanner.id for scanner in scanners])
    for number, scanner in enumerate(scanners):
        if scanner.station is not None and scanner.station not in stations:
            yield f"scanners[{number}].station: there is no station {scanner.station!r}"


def _ports(settings: StoreFile) -> Iterator[str]:
    """One device is one keypad or scanner; two under one name are told apart by where they are plugged in."""
    owners: dict[str, str] = {}
    for number, printer in enumerate(settings.printers):
        with suppress(ValueError):  # said already
            if isinstance(line := parse_connection(printer.connection), Serial):  # two printers may be one device
                owners.setdefault(str(line.path), f"printers[{number}]")
    for section, devices in (("keypads", settings.keypads), ("scanners", settings.scanners)):
        for number, device in enumerate(devices):
            first = owners.setdefault(device.place, f"{section}[{number}]")
            if first != f"{section}[{number}]":
                mend = "correct one" if first.startswith("printers") else "add path, from /dev/serial/by-path, to both"
                yield f"{section}[{number}].port: {device.place!r} is that of {first} already: {mend}"


def _door(feed: FeedSettings) -> Door:
    return Door("feed", feed.listen, feed.token_file, TOKEN_VARIABLE)
