"""Tickets: what a print job says on paper, and in what size."""

from datetime import datetime

from devices import escpos
from devices.labels import boxes, write_labels
from devices.paper import Strip
from devices.phrases import allergens_of, choices, count_of, known, name_of, number_of, phone_of, traits, warnings, when
from devices.sheet import Setting, Sheet
from edge.changes import label, said
from edge.orders import Item, Order
from edge.parts import joined, printed
from edge.tickets import Job, Slip
from edge.words import Say

COUNT_COLUMN = 5  # names stand below each other behind counts up to this wide; a rare longer one does not move them


def ticket_bytes(job: Job, order: Order, setting: Setting, station: str = "") -> bytes:
    """A print job as its printer understands it."""
    strips = compose(job, order, setting, station)
    return escpos.encode(strips, columns=setting.columns, encoding=setting.encoding, buzzer=setting.buzzer)


def compose(job: Job, order: Order, setting: Setting, station: str = "") -> tuple[Strip, ...]:
    """A print job as strips of paper; `station` is the name of the place it is for."""
    paper = Sheet(setting)
    if job.kind == "label":
        write_labels(paper, job, order)
    else:
        _write(paper, job, order, station)
    return tuple(paper.strips)


def _write(paper: Sheet, job: Job, order: Order, station: str) -> None:
    say = paper.say
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
    phone = phone_of(order, paper.setting.phone)
    if job.kind == "packing":
        paper.text(order.customer, wide=paper.large, high=2, bold=True)
        paper.pair(phone, say("Boxes: {count}").format(count=len(boxes(order))))
    else:
        paper.pair(order.customer, phone)
    paper.code(order.id)


def _head(paper: Sheet, job: Job, order: Order, station: str) -> None:
    setting = paper.setting
    for warning in warnings(job, order, setting):
        paper.text(warning, wide=2, high=2, bold=True, inverse=True, center=True)
        paper.gap(12)
    title = " ".join(filter(None, (_title(job, paper.say), station)))
    paper.pair(title, f"{datetime.fromtimestamp(job.at, setting.timezone):%H:%M}")
    paper.gap(12)
    number = number_of(order)
    size = 4 if paper.width(number) * 4 <= setting.columns else 2
    paper.text(number, wide=size, high=size, bold=True, center=True)
    paper.rule()
    hour, day = when(order, setting)
    paper.text(hour, wide=2, high=2, bold=True)
    paper.gap(6)
    paper.pair(day, known(order.channel, paper.say))


def _items(paper: Sheet, job: Job, order: Order) -> None:
    items = printed(order, job)
    column = max((len(count) for item in items if len(count := count_of(item)) <= COUNT_COLUMN), default=0)
    for item in items:
        paper.text(name_of(item), head=count_of(item).rjust(column), wide=paper.large, high=2, bold=True)
        if job.kind != "cancel":
            _details(paper, item, column)
        paper.rule()


def _amendments(paper: Sheet, slip: Slip, order: Order) -> None:
    say, whole = paper.say, joined(order.items)
    if slip.fields:
        names = say(", ").join(say(label(field)) for field in slip.fields)
        paper.text(say("changed: {fields}").format(fields=names), bold=True)
        paper.rule()
    for line in slip.lines:
        item = whole.get(line.item)
        if line.removed:
            word = say("STOP") if line.begun else say("REMOVED")
            text = f"{word}: {count_of(line)}{name_of(line)}"
            paper.text(text, wide=paper.large, high=2, bold=True, inverse=line.begun)
            paper.text(", ".join(line.was.values()))
        elif item is None:  # it was removed since: another line or slip says so
            continue
        else:
            paper.text(name_of(item), head=count_of(item), wide=paper.large, high=2, bold=True)
            for field, was in line.was.items():
                if field == "picture" and item.bakery.picture:
                    paper.text(f"{say(label(field))}:", high=2, bold=True)
                    paper.picture(item.bakery.picture)
                    continue
                now = said(item, field) or say("none")
                before = f" ({say('was {value}').format(value=was)})" if was else ""
                paper.text(f"{say(label(field))}: {now}{before}", high=2, bold=True, inverse=field == "allergens")
        paper.rule()


def _details(paper: Sheet, item: Item, column: int) -> None:
    say = paper.say
    paper.gap(6)
    head = " " * (column or COUNT_COLUMN) * paper.large
    for choice in choices(item):
        paper.text(choice, head=head + "+ ")
    for trait in traits(item, say):
        paper.text(trait, head=head)
    cake = item.bakery
    if cake.cake_text:
        paper.text(f"{say('Write on the cake')}:", head=head)
        paper.text(cake.cake_text, head=" " * (len(head) // 2), wide=2, high=2, bold=True)
        paper.gap(6)
    if cake.picture:
        paper.text(f"{say(label('picture'))}:", head=head)
        paper.picture(cake.picture)
    if item.note:
        paper.text(f"! {item.note}", head=head, high=2, bold=True)
    if allergens := allergens_of(item, say):
        paper.gap(6)
        paper.text(allergens, wide=paper.large, high=2, bold=True, inverse=True)


def _title(job: Job, say: Say) -> str:
    titles = {"kitchen": say("Kitchen ticket"), "packing": say("Packing slip")}
    return titles.get(job.kind, "")  # what a slip is stands above
