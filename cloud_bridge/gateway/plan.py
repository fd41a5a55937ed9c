"""The plan: which account is which store's, who is told what and which way, as the rules see it."""

from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from cloud_bridge.gateway.orders import Notice, account_key
from edge.orders import Record
from edge.words import Language

NAMES = ("order", "item", "stage", "store")  # that words may have in braces


class StorePlan(Record, frozen=True):
    """A store of ours."""

    id: str
    name: str = ""
    language: Language = "en"
    timezone: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """Where it is."""
        return ZoneInfo(self.timezone or "UTC")


class AccountPlan(Record, frozen=True):
    """A shop's, or several shops', account with a channel."""

    channel: str
    id: str
    store: str = ""
    stores: dict[str, str] = {}  # by the channel's id of the shop
    ways: tuple[str, ...] = ()  # to its customers, the first one first
    tells: frozenset[str] = frozenset()  # what the channel itself is told
    shelf: dict[str, tuple[str, ...]] = {}  # our products, as the channel names them there

    @property
    def key(self) -> str:
        """The key of its rows."""
        return account_key(self.channel, self.id)

    def store_of(self, shop: str) -> str:
        """Whose order it is; empty where nobody knows."""
        return self.stores.get(shop, self.store)

    def shops_of(self, store: str) -> list[str]:
        """The channel's shops that sell for a store; an empty id is the account's own."""
        return [shop for shop, ours in self.stores.items() if ours == store] + [""] * (self.store == store)

    def codes_of(self, code: str) -> tuple[str, ...]:
        """What the channel calls a product of ours; one that its table does not name is called the same."""
        return self.shelf.get(code, (code,))


class Message(Record, frozen=True):
    """A row of the table of messages: on which event which words go which way."""

    on: str  # the store's event without `ovenbell.`
    words: dict[Language, str]  # by language; each of NAMES in braces stands for what it says
    stage: str = ""  # empty: any
    stores: tuple[str, ...] = ("*",)
    ways: tuple[str, ...] = ()  # empty: those of the account
    once: bool = False  # an order, not an item of it
    implied: bool = False  # also what nobody pressed a button for


class Quiet(Record, frozen=True):
    """Hours in which no customer is written to, by the store's clock; they may go over midnight."""

    start: time
    end: time

    def over(self, now: float, zone: ZoneInfo) -> float:
        """When somebody may be written to: now, or the end of the quiet hours."""
        here = datetime.fromtimestamp(now, UTC).astimezone(zone)
        clock = here.time()
        within = self.start <= clock < self.end if self.start <= self.end else not self.end <= clock < self.start
        if not within:
            return now
        day = here.date() if clock < self.end else here.date() + timedelta(days=1)
        end = datetime.combine(day, self.end, zone)
        return max(end.timestamp(), end.replace(fold=1).timestamp())  # an hour that comes twice is quiet twice


class Plan(Record, frozen=True):
    """Everything that the rules of the cloud's end take as given."""

    stores: dict[str, StorePlan] = {}
    accounts: dict[str, AccountPlan] = {}
    messages: tuple[Message, ...] = ()
    quiet: Quiet | None = None
    away: float = 600.0  # seconds that orders may wait for a store
    repeatable: frozenset[str] = frozenset()  # ways, and accounts, that know a message again when it comes twice
    templates: dict[str, dict[str, str]] = {}  # of ways that use a provider's: their ids, as `template_of` finds them

    def account(self, key: str) -> AccountPlan | None:
        """An account by its key."""
        return self.accounts.get(key)

    def messages_on(self, on: str, stage: str, store: str) -> list[Message]:
        """The rows of the table for an event of a store."""
        return [
            message
            for message in self.messages
            if message.on == on
            and message.stage in {"", stage}
            and any(fnmatchcase(store, pattern) for pattern in message.stores)
        ]


def template_of(templates: dict[str, str], notice: Notice) -> str:
    """The template for a notice: that of its stage (`item.started baking`), else of its event; empty for none."""
    return templates.get(f"{notice.on} {notice.stage}") or templates.get(notice.on, "")


def say(message: Message, store: StorePlan, **about: str) -> str:
    """The words of a message in the store's language; what a customer wrote stays what it is."""
    words = message.words.get(store.language) or next(iter(message.words.values()), "")
    return fill(words, {"store": store.name or store.id} | about)


def fill(words: str, known: dict[str, str]) -> str:
    """Words with what is known in its places, once: braces that a customer wrote stay what they are."""
    parts = words.split("{")
    said = parts[0]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        said += known[name] + rest if brace and name in known else "{" + part
    return said
