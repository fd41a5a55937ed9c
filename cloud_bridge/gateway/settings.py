"""cloud.toml: what a gateway is told about its stores, its accounts with the channels, and who is told what."""

import os
import re
from collections.abc import Iterator
from datetime import time
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from platformdirs import user_state_path

from cloud_bridge.gateway.channels import CHANNELS, Account
from cloud_bridge.gateway.orders import account_key
from cloud_bridge.gateway.plan import AccountPlan, Message, Plan, Quiet, StorePlan
from cloud_bridge.gateway.signing import key_of
from cloud_bridge.gateway.ways import WAYS
from cloud_bridge.gateway.ways.way import Setting
from cloud_bridge.settings import BrokerSettings
from edge.files import read_file
from edge.settings import JournalSettings, Key, Settings, SystemName, token_in
from edge.updates import UpdateKind
from edge.words import Language

SEAL_FILE = "seal.key"  # beside the journal, where the settings name none
TOKEN_VARIABLE = "OVENBELL_GATEWAY_TOKEN"  # noqa: S105 - the name of the variable, not the token
STANDARD_WEBHOOKS = frozenset({"generic", "webhook"})  # the channel and the way that sign so
Name = Annotated[str, Meta(max_length=200)]
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
Hours = Annotated[str, Meta(pattern=rf"^{CLOCK}-{CLOCK}$(?!\n)", description="two times, such as 22:00-07:30")]
PerSecond = Annotated[float, Meta(gt=0, le=10_000)]
Words = dict[Language, Annotated[str, Meta(min_length=1, max_length=1_000)]]
OWNERS_THREE = (  # what the owner of a bakery wants its customers to hear, where no table says otherwise
    Message(UpdateKind.STARTED, {"zh": "您的{item}已进烤箱。", "en": "Your {item} is in the oven."}, stage="baking"),
    Message(
        UpdateKind.FINISHED, {"zh": "您的{item}已裱花完成。", "en": "The frosting of your {item} is done."}, "frosting"
    ),
    Message(
        UpdateKind.READY,
        {
            "zh": "您的订单 {order} 已做好,欢迎到{store}取货。",
            "en": "Your order {order} is ready to collect at {store}.",
        },
    ),
)


class GatewaySettings(Settings, frozen=True):
    """The gateway itself."""

    id: Key = "gateway"  # also its MQTT client id
    listen: SystemName = "127.0.0.1:8390"
    url: SystemName = ""  # at which the channels call it; default: where it listens
    token_file: SystemName = ""
    key_file: SystemName = ""  # of the seal; default: beside the journal, made at the first start
    away_minutes: Annotated[float, Meta(gt=0, le=24 * 60)] = 10
    quiet: Hours | None = None  # "22:00-07:30", by each store's clock
    language: Language = "en"  # of the owner's page


class StoreSettings(Settings, frozen=True):
    """A store that this gateway serves."""

    id: Key
    name: Name = ""
    language: Language = "en"
    timezone: str = "UTC"


class ProductSettings(Settings, frozen=True):
    """What a channel's product is called in our stores."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Name = ""  # default: the channel's
    shelf: Name = ""  # by which the channel sells it or not; default: the code it has in orders


class AccountSettings(Settings, frozen=True):
    """An account with a channel. Its secrets are not in here, so that settings can be shown and logged."""

    channel: Key
    id: Key
    store: str = ""
    stores: dict[str, str] = {}
    ways: tuple[str, ...] = ()
    tell: bool = True  # tell the channel itself what it can take
    per_second: PerSecond = 20  # so often at most
    products: dict[str, ProductSettings] = {}
    options: dict[str, str] = {}
    secret_files: dict[str, SystemName] = {}


class WaySettings(Settings, frozen=True):
    """A way to customers."""

    id: Key
    kind: Key
    options: dict[str, str] = {}
    secret_files: dict[str, SystemName] = {}
    templates: dict[str, str] = {}
    per_second: PerSecond = 20


class MessageSettings(Settings, frozen=True):
    """A row of the table of messages."""

    on: Literal[
        "item.started", "item.finished", "order.accepted", "order.rescheduled", "order.ready", "order.refused",
        "order.collected",
    ]  # fmt: skip
    words: Words
    stage: str = ""
    stores: tuple[str, ...] = ("*",)
    ways: tuple[str, ...] = ()
    once: bool = False
    implied: bool = False


class CloudFile(Settings, frozen=True):
    """Everything a cloud.toml says."""

    broker: BrokerSettings
    gateway: GatewaySettings = GatewaySettings()
    journal: JournalSettings = JournalSettings(keep_days=30)
    stores: tuple[StoreSettings, ...] = ()
    accounts: tuple[AccountSettings, ...] = ()
    ways: tuple[WaySettings, ...] = ()
    messages: tuple[MessageSettings, ...] = ()

    @property
    def journal_path(self) -> Path:
        """Where the journal is."""
        path = self.journal.path
        return Path(path) if path else user_state_path("ovenbell") / "gateway" / "journal.db"

    def key_path(self, journal: Path) -> Path:
        """Where the keys of the seal are."""
        return Path(self.gateway.key_file) if self.gateway.key_file else journal.with_name(SEAL_FILE)

    @property
    def with_secrets(self) -> Iterator[tuple[str, "AccountSettings | WaySettings"]]:
        """Who has secrets of its own, by its path; what no file of this version knows has none."""
        for number, account in enumerate(self.accounts):
            if account.channel in CHANNELS:
                yield f"accounts[{number}]", account
        for number, way in enumerate(self.ways):
            if way.kind in WAYS:
                yield f"ways[{number}]", way

    @property
    def secrets(self) -> dict[str, Path]:
        """The files that the gateway's user, and nobody else, must be able to read, by the path of their field."""
        files: dict[str, str | None] = {
            "broker.password_file": self.broker.password_file,
            "broker.key_file": self.broker.key_file,
            "gateway.token_file": self.gateway.token_file,
            "gateway.key_file": self.gateway.key_file,
        }
        for place, one in self.with_secrets:
            files |= {f"{place}.secret_files.{name}": file for name, file in one.secret_files.items()}
        return {field: Path(file) for field, file in files.items() if file}

    @property
    def certificates(self) -> dict[str, Path]:
        """The files that everybody may read, by the path of their field."""
        files = {"broker.ca_file": self.broker.ca_file, "broker.cert_file": self.broker.cert_file}
        return {field: Path(file) for field, file in files.items() if file}

    @property
    def plan(self) -> Plan:
        """What the rules take as given."""
        quiet = self.gateway.quiet
        accounts = [
            AccountPlan(
                one.channel,
                one.id,
                one.store,
                one.stores,
                one.ways,
                way.tells if one.tell and (way := CHANNELS[one.channel].tells) and self._can_tell(one) else frozenset(),
                _shelf(one.products),
            )
            for one in self.accounts
        ]
        return Plan(
            stores={one.id: StorePlan(one.id, one.name, one.language, one.timezone) for one in self.stores},
            accounts={one.key: one for one in accounts},
            messages=tuple(
                Message(one.on, one.words, one.stage, one.stores, one.ways, one.once, one.implied)
                for one in self.messages
            )
            or OWNERS_THREE,
            quiet=Quiet(*(time.fromisoformat(part) for part in quiet.split("-"))) if quiet else None,
            away=self.gateway.away_minutes * 60,
            repeatable=frozenset(
                [one.id for one in self.ways if WAYS[one.kind].repeatable]
                + [
                    account_key(one.channel, one.id)
                    for one in self.accounts
                    if (way := CHANNELS[one.channel].tells) and way.repeatable
                ]
            ),
            templates={one.id: one.templates for one in self.ways if one.templates},
        )

    @staticmethod
    def _can_tell(account: AccountSettings) -> bool:
        """Whether what the channel's own way needs is there; an account may only take orders."""
        way = CHANNELS[account.channel].tells
        return (
            way is not None
            and all(account.options.get(name) for name in way.options)
            and all(_secret_of(account, name) is not None for name in way.secrets)
        )

    def account(self, settings: AccountSettings) -> Account:
        """An account with its secrets; OSError and ValueError where one cannot be read."""
        secrets = {name: secret for name in secrets_of(settings) if (secret := _secret_of(settings, name)) is not None}
        url = url_of_account(self.gateway, settings)
        return Account(settings.channel, settings.id, url, settings.options, secrets)

    def way(self, settings: WaySettings) -> Setting:
        """A way with its secrets; OSError and ValueError where one cannot be read."""
        secrets = {name: secret for name in secrets_of(settings) if (secret := _secret_of(settings, name)) is not None}
        return Setting(settings.id, settings.options, secrets, settings.templates)


def url_of_account(gateway: GatewaySettings, account: AccountSettings) -> str:
    """At which the channel calls us."""
    base = (gateway.url or f"http://{gateway.listen}").rstrip("/")
    return f"{base}/channels/{account.channel}/{account.id}"


def page_token(settings: GatewaySettings) -> str:
    """The token of the owner's page, empty where none is set; raises OSError, UnicodeDecodeError."""
    return token_in(TOKEN_VARIABLE, settings.token_file)


def _shelf(products: dict[str, ProductSettings]) -> dict[str, tuple[str, ...]]:
    """The table of an account's products, backwards; what the channel calls something else of ours is not ours."""
    shelf: dict[str, tuple[str, ...]] = {}
    for theirs, product in products.items():
        there = shelf.get(product.code, ())
        name = product.shelf or theirs
        shelf[product.code] = there if name in there else (*there, name)
    return dict.fromkeys(products, ()) | shelf


def variable_of(settings: AccountSettings | WaySettings, name: str) -> str:
    """The environment variable that a secret may stand in."""
    kind = ("CHANNEL", settings.channel, settings.id) if isinstance(settings, AccountSettings) else ("WAY", settings.id)
    return re.sub(r"[^A-Z0-9]", "_", "_".join(("OVENBELL", *kind, name)).upper())


def _secret_of(settings: AccountSettings | WaySettings, name: str) -> str | None:
    from_environment = os.environ.get(variable_of(settings, name), "").strip()  # a line that was left blank is none
    file = settings.secret_files.get(name)
    if from_environment or file is None:
        return from_environment or None
    try:
        secret = read_file(Path(file)).decode("utf-8-sig").strip()
    except UnicodeDecodeError:  # its own words would carry bytes of the secret
        raise ValueError(f"{file} is not UTF-8") from None
    if not secret:
        raise ValueError(f"{file} is empty")
    return secret


def secrets_of(settings: AccountSettings | WaySettings) -> tuple[str, ...]:
    """The secrets that an account or a way may have; those besides the channel's own are for being told and asked."""
    if isinstance(settings, WaySettings):
        return WAYS[settings.kind].secrets
    channel = CHANNELS[settings.channel]
    more = [part.secrets for part in (channel.tells, channel.pull) if part is not None]
    return tuple(dict.fromkeys((*channel.secrets, *channel.further, *chain(*more))))


def without_file(settings: CloudFile) -> Iterator[tuple[str, str]]:
    """The secrets that no file is named for, by their path, and the variables that they must be in."""
    for place, one in settings.with_secrets:
        kind = CHANNELS[one.channel] if isinstance(one, AccountSettings) else WAYS[one.kind]
        for name in kind.secrets:
            if name not in one.secret_files:
                yield f"{place}.secret_files.{name}", variable_of(one, name)


def missing_secrets(settings: AccountSettings | WaySettings) -> Iterator[str]:
    """What is wrong with the secrets of an account or a way, those that it must have among them, a line each."""
    kind = CHANNELS[settings.channel] if isinstance(settings, AccountSettings) else WAYS[settings.kind]
    for name in secrets_of(settings):
        try:
            secret = _secret_of(settings, name)
            if secret is not None and kind.name in STANDARD_WEBHOOKS:
                key_of(secret)
        except OSError as error:
            yield f"secret_files.{name}: cannot be read: {error.strerror}"
            continue
        except ValueError as error:
            yield f"secret_files.{name}: {error}"
            continue
        if secret is None and name in kind.secrets:
            yield f"secret_files.{name}: required, or {variable_of(settings, name)} in the environment"
