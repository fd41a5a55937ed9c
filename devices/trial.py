"""A trial: one numbered page on a printer that no store has yet, to see which one it is."""

import asyncio

from devices import escpos
from devices.cable import plug_in
from devices.conversation import Conversation, Owed, Patience, Unready
from devices.paper import Gap, Line
from devices.settings import PrinterSettings, parse_connection
from edge.words import Say

PATIENT = Patience(connect=3.0, stall=10.0, paper=10.0)


async def print_trial(printer: PrinterSettings, number: int, say: Say, patience: Patience = PATIENT) -> str:
    """Print a page with a number; why nobody knows that it is on paper, empty where the printer said so."""
    page = await asyncio.to_thread(_page, printer, number)
    try:
        async with asyncio.timeout(patience.connect):
            cable = await plug_in(parse_connection(printer.connection))
    except (OSError, ValueError):
        return say("the printer cannot be reached")
    conversation = Conversation(cable, patience, Owed(), ask=printer.confirm == "auto")
    try:
        await conversation.check()
        return say((await conversation.bring(page)).reason)
    except Unready as unready:
        return say(unready.reason)
    finally:
        await cable.unplug(linger=patience.linger)


def _page(printer: PrinterSettings, number: int) -> bytes:
    escpos.load()
    strips = (Line(str(number), 8, 8, bold=True, align="center"), Gap(24), Line(printer.id, 2, 2, align="center"))
    return escpos.encode(strips, columns=printer.columns, encoding=printer.encoding)
