"""Tickets: what a print job says on paper, and in what size."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from devices import escpos
from devices.paper import Code, Gap, Line, Strip, wrap
from devices.settings import Encoding
from edge.changes import label, said
from edge.layout import PhoneShown
from edge.orders import Item, Order, OrderState
from edge.parts import joined, printed
from edge.text import plain
from edge.tickets import Amended, Job, Slip
from edge.words import Say

ROOMY = 42  # columns from which what must be read from afar is printed in double width too
COUNT_COLUMN = 5  # names stand below each other behind counts up to this wide; a rare longer one does not move them
LONGEST_UNIT = 6
WEB = ("https://", "http://")
LONGEST_CODE = 200  # bytes; a longer text would not fit on the narrow paper as a QR code


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a printer's tickets are set."""

    columns: int
    encoding: Encoding
    phone: PhoneShown
    say: Say
    timezone: tzinfo
    practice: bool = False  # nothing on its tickets is real


def ticket_bytes(job: Job, order: Order, setting: Setting, station: str = "") -> bytes:
    """A print job as its printer understands it."""
    strips = compose(job, order, setting, station)
    return escpos.encode(strips, columns=setting.columns, encoding=setting.encoding)


def compose(job: Job, order: Order, setting: Setting, station: str = "") -> tuple[Strip, ...]:
    """A print job as strips of paper; `station` is the name of the place it is for."""
    paper, say = _Paper(setting), setting.say
    _head(paper, job, order, station)
    paper.rule()
    if job.slip:
        _amendments(paper, job.slip, order)
    else:
        _items(paper, job, order)
    if order.note and (job.slip is None or "note" in job.slip.fields):
        paper.text(f"{say('Note')}: {order.note}", high=2, bold=True)
        paper.rule()
    if order.dropped:
        paper.text(f"{say('Not understood')}: {', '.join(order.dropped)}", inverse=True)
        paper.rule()
    number = setting.phone.of(order.phone)
    paper.pair(order.customer, f"...{number}" if number and setting.phone is PhoneShown.LAST4 else number)
    paper.code(order.id)
    return tuple(paper.strips)


@dataclass
class _Paper:
    """Paper in the making; whatever is written on it is made plain, legible and wrapped here."""

    setting: Setting
    strips: list[Strip] = field(default_factory=list)

    @property
    def say(self) -> Say:
        """The words of the store's language."""
        return self.setting.say

    @property
    def large(self) -> int:
        """How wide what must be read from afar is printed."""
        return 2 if self.setting.columns >= ROOMY else 1

    def text(
        self,
        text: str,
        *,
        head: str = "",
        wide: int = 1,
        high: int = 1,
        bold: bool = False,
        inverse: bool = False,
        center: bool = False,
    ) -> None:
        """Write a text, its lines hanging below each other behind `head`; a head that is too wide stands alone."""
        head, text = (escpos.legible(plain(part), self.setting.encoding) for part in (head, text))
        room = self.setting.columns // wide
        if self.width(head) > room // 2:
            self.text(head, wide=wide, high=high, bold=bold, inverse=inverse)
            head = ""
        margin = " " if inverse else ""
        for line in wrap(text, room - self.width(head) - 2 * len(margin), self.width):
            shown = head + margin + line + margin
            self.strips.append(Line(shown, wide, high, bold, inverse, "center" if center else "left"))
            head = " " * self.width(head)

    def pair(self, left: str, right: str) -> None:
        """Write two texts at the two edges, below each other where one line has no room for both."""
        left, right = (escpos.legible(plain(text), self.setting.encoding) for text in (left, right))
        space = self.setting.columns - self.width(left) - self.width(right)
        if left and right and space > 0:
            self.strips.append(Line(left + " " * space + right))
        else:
            self.text(left)
            self.text(right)

    def rule(self) -> None:
        """A line across the paper."""
        self.gap(6)
        double = self.width("─") > 1  # only there it is sure to be drawn without breaks
        self.strips.append(Line("─" * (self.setting.columns // 2) if double else "-" * self.setting.columns))

    def gap(self, dots: int) -> None:
        """A little air."""
        self.strips.append(Gap(dots))

    def code(self, text: str) -> bool:
        """A QR code to scan; false where the text is too long for one."""
        text = plain(text)
        fits = 0 < len(text.encode()) <= LONGEST_CODE
        if fits:
            self.gap(12)
            self.strips.append(Code(text))
        return fits

    def picture(self, address: str) -> None:
        """The address of a picture, to scan; to type where no code has room for it or no phone should follow it."""
        if not (address.startswith(WEB) and self.code(address)):
            self.text(address)
        self.gap(12)

    def width(self, text: str) -> int:
        """Columns that a text takes in normal size."""
        return escpos.width(escpos.legible(plain(text), self.setting.encoding), self.setting.encoding)


def _head(paper: _Paper, job: Job, order: Order, station: str) -> None:
    say, timezone = paper.say, paper.setting.timezone
    cancelled = say("CANCELLED") if order.state is OrderState.CANCELLED else ""  # since it was asked for
    changed = say("CHANGED") if job.slip else ""
    practice = say("PRACTICE") if paper.setting.practice else ""
    remade = say("MADE AGAIN") if any(item.wasted for item in printed(order, job)) else ""
    again = say("REPRINT #{number}").format(number=job.attempt) if job.attempt > 1 else ""
    moved = say("for {printer}").format(printer=job.printer) if job.via else ""
    for warning in filter(None, (practice, cancelled, changed, remade, again, moved)):
        paper.text(warning, wide=2, high=2, bold=True, inverse=True, center=True)
        paper.gap(12)
    paper.pair(" ".join(filter(None, (_title(job, say), station))), f"{datetime.fromtimestamp(job.at, timezone):%H:%M}")
    paper.gap(12)
    number = plain(order.display_id).strip() or order.id
    size = 4 if paper.width(number) * 4 <= paper.setting.columns else 2
    paper.text(number, wide=size, high=size, bold=True, center=True)
    paper.rule()
    due = datetime.fromtimestamp(order.due, timezone) if order.due is not None else None
    paper.text(f"{_way(order, say)} {f'{due:%H:%M}' if due else say('ASAP')}", wide=2, high=2, bold=True)
    paper.gap(6)
    paper.pair(f"{_weekday(due, say)} {due:%Y-%m-%d}" if due else "", _known(order.channel, say))


def _items(paper: _Paper, job: Job, order: Order) -> None:
    items = printed(order, job)
    column = max((len(count) for item in items if len(count := _count(item)) <= COUNT_COLUMN), default=0)
    for item in items:
        paper.text(_name(item), head=_count(item).rjust(column), wide=paper.large, high=2, bold=True)
        if job.kind != "cancel":
            _details(paper, item, column)
        paper.rule()


def _amendments(paper: _Paper, slip: Slip, order: Order) -> None:
    say, whole = paper.say, joined(order.items)
    if slip.fields:
        names = say(", ").join(say(label(field)) for field in slip.fields)
        paper.text(say("changed: {fields}").format(fields=names), bold=True)
        paper.rule()
    for line in slip.lines:
        item = whole.get(line.item)
        if line.removed:
            word = say("STOP") if line.begun else say("REMOVED")
            text = f"{word}: {_count(line)}{_name(line)}"
            paper.text(text, wide=paper.large, high=2, bold=True, inverse=line.begun)
            paper.text(", ".join(line.was.values()))
        elif item is None:  # it was removed since: another line or slip says so
            continue
        else:
            paper.text(_name(item), head=_count(item), wide=paper.large, high=2, bold=True)
            for field, was in line.was.items():
                if field == "picture" and item.bakery.picture:
                    paper.text(f"{say(label(field))}:", high=2, bold=True)
                    paper.picture(item.bakery.picture)
                    continue
                now = said(item, field) or say("none")
                before = f" ({say('was {value}').format(value=was)})" if was else ""
                paper.text(f"{say(label(field))}: {now}{before}", high=2, bold=True, inverse=field == "allergens")
        paper.rule()


def _name(line: Item | Amended) -> str:
    """A line without a visible name must not vanish."""
    return plain(line.name).strip() or (line.code or line.origin if isinstance(line, Item) else line.item)


def _details(paper: _Paper, item: Item, column: int) -> None:
    say = paper.say
    paper.gap(6)
    head = " " * (column or COUNT_COLUMN) * paper.large
    for option in item.options:
        count = "" if option.quantity == 1 else f"{option.quantity.normalize():f} x "
        paper.text(count + option.name, head=head + "+ ")
    cake = item.bakery
    for trait, value in (
        (say("Size"), cake.size),
        (say("Flavour"), cake.flavour),
        (say("Filling"), cake.filling),
        (say("Frosting"), cake.frosting),
        (say("Candles"), str(cake.candles) if cake.candles else None),
    ):
        if value:
            paper.text(f"{trait}: {value}", head=head)
    if cake.cake_text:
        paper.text(f"{say('Write on the cake')}:", head=head)
        paper.text(cake.cake_text, head=" " * (len(head) // 2), wide=2, high=2, bold=True)
        paper.gap(6)
    if cake.picture:
        paper.text(f"{say(label('picture'))}:", head=head)
        paper.picture(cake.picture)
    if item.note:
        paper.text(f"! {item.note}", head=head, high=2, bold=True)
    if cake.allergens:
        paper.gap(6)
        names = say(", ").join(_known(allergen, say) for allergen in cake.allergens)
        paper.text(f"{say('ALLERGENS')}: {names}", wide=paper.large, high=2, bold=True, inverse=True)


def _count(item: Item | Amended) -> str:
    quantity = f"{item.quantity.normalize():f}"
    return f"{quantity} x " if item.unit in {"", "UN"} else f"{quantity} {plain(item.unit, LONGEST_UNIT)} "


def _title(job: Job, say: Say) -> str:
    titles = {
        "kitchen": say("Kitchen ticket"),
        "packing": say("Packing slip"),
        "label": say("Label"),
        "test": say("Test page"),
    }
    return titles.get(job.kind, "")  # what a slip is stands above


def _way(order: Order, say: Say) -> str:
    ways = {"DELIVERY": say("Delivery"), "TAKEOUT": say("Pick-up"), "INDOOR": say("Eat in")}
    return ways.get(order.type, order.type)


def _known(word: str, say: Say) -> str:
    """A word of the cloud's (a channel, an allergen) in the store's language where it is a common one."""
    return say(word) if word else ""


def _weekday(day: datetime, say: Say) -> str:
    names = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
    return names[day.weekday()]
