"""A trial: the test page on a printer that no store has yet, to see which one it is and what it can write."""

import asyncio
from datetime import UTC

from devices.cable import plug_in
from devices.conversation import Conversation, Memory, Patience, Unready
from devices.settings import PrinterSettings, parse_connection
from devices.sheet import Setting
from devices.testpage import page_bytes
from edge.layout import PhoneShown
from edge.words import Say

PATIENT = Patience(connect=3.0, stall=10.0, paper=10.0)


async def print_trial(printer: PrinterSettings, number: int, say: Say, patience: Patience = PATIENT) -> str:
    """Print a page with a number; why nobody knows that it is on paper, empty where the printer said so."""
    page = await asyncio.to_thread(_page, printer, number, say)
    try:
        async with asyncio.timeout(patience.connect):
            cable = await plug_in(parse_connection(printer.connection))
    except (OSError, ValueError):
        return say("the printer cannot be reached")
    conversation = Conversation(cable, patience, Memory(), ask=printer.confirm == "auto")
    try:
        await conversation.check()
        outcome = await conversation.bring(page, f"{number:04}")
        return say(outcome.reason) if outcome.reason else ""
    except Unready as unready:
        return say(unready.reason)
    finally:
        await cable.unplug(linger=patience.linger)


def _page(printer: PrinterSettings, number: int, say: Say) -> bytes:
    setting = Setting(columns=printer.columns, encoding=printer.encoding, phone=PhoneShown.NONE, say=say, timezone=UTC)
    return page_bytes(printer.id, number, setting)
