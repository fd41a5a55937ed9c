"""Slips: what printers are told whose paper an order's change or cancelling has made untrue."""

from collections.abc import Iterator

import msgspec

from edge import facts as f
from edge.board import Board
from edge.changes import FIELDS, said
from edge.orders import Item, ItemId, Order, origin_of
from edge.parts import joined
from edge.tickets import Amended, JobId, Slip

replace = msgspec.structs.replace

SHORT = 40  # characters: a longer value is said to have changed, not what it was
LONGEST_NAME = 80
ON_PAPER = frozenset({"displayId", "type", "due", "customer", "note"})  # of an order's own fields
_UNTOLD = frozenset({"name", "quantity", "unit", "picture"})  # of a removed line: said already, or no words
_TICKETS = frozenset({"kitchen", "packing", "label"})


def change_slips(draft: Board, before: Order, what: f.OrderChanged) -> Iterator[f.Happened]:
    """A slip for every printer with paper that a change has made untrue; tickets still pending print what is true."""
    order = draft.orders[before.id]
    items = joined(before.items).values()
    lines = [_removed(item) for item in items if item.id in what.removed]
    lines += [_altered(item, what.altered[item.id]) for item in items if item.id in what.altered]
    lines = [line for line in lines if line.removed or line.was]
    own = tuple(field for field in what.fields if field in ON_PAPER)
    papers = _papers(draft, order)
    there = joined(order.items)
    for job in draft.jobs_of(order):
        if job.pending and job.kind in _TICKETS and not any(origin_of(item) in there for item in job.items):
            yield f.TicketDropped(order.id, job.id)
    for printer, printed in papers.items():
        untrue = [line for line in lines if line.item in printed]
        if not untrue and not own:
            continue
        slip = Slip(tuple(untrue), own)
        for job in draft.jobs_of(order):
            if job.slip and job.printer == printer and job.pending:  # two slips in a row become one
                slip = _joined(job.slip, slip)
                yield f.TicketDropped(order.id, job.id)
        listed = tuple(dict.fromkeys(line.item for line in slip.lines))
        yield f.TicketQueued(order.id, _next_job(draft), printer, "change", listed, slip=slip)


def cancel_slips(draft: Board, order: Order) -> Iterator[f.Happened]:
    """A slip for every printer with paper of a cancelled order; what is still pending is not printed any more."""
    papers = _papers(draft, order)
    for job in draft.jobs_of(order):
        if job.pending:
            yield f.TicketDropped(order.id, job.id)
    for printer, items in papers.items():
        yield f.TicketQueued(order.id, _next_job(draft), printer, "cancel", tuple(items))


def _papers(draft: Board, order: Order) -> dict[str, dict[ItemId, None]]:
    """The items on each printer's paper."""
    papers: dict[str, dict[ItemId, None]] = {}
    for job in draft.jobs_of(order):
        if job.kind in _TICKETS and job.on_paper:
            papers.setdefault(job.printer, {}).update(dict.fromkeys(map(origin_of, job.items)))
    return papers


def _removed(item: Item) -> Amended:
    """With what tells it from another of its name."""
    line = _altered(item, FIELDS)
    told = {name: was for name, was in line.was.items() if was and name not in _UNTOLD}
    return replace(line, removed=True, begun=item.begun, was=told)


def _altered(item: Item, fields: tuple[str, ...]) -> Amended:
    was = {name: value if len(value := said(item, name)) <= SHORT else "" for name in fields}
    return Amended(item.id, item.name[:LONGEST_NAME], item.quantity, item.unit, was=was)


def _joined(old: Slip, new: Slip) -> Slip:
    """Both in one: what an item was is what the older says, because that is on paper."""
    lines = {(line.item, line.removed): line for line in new.lines}
    for line in old.lines:
        later = lines.get((line.item, line.removed), line)
        lines[line.item, line.removed] = replace(later, was=later.was | line.was)
    return Slip(tuple(lines.values()), tuple(dict.fromkeys((*old.fields, *new.fields))))


def _next_job(draft: Board) -> JobId:
    return JobId(str(draft.counters.seq + 1))
