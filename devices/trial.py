"""A trial: the test page on a printer that no store has yet, to see which one it is and what it can write."""

from datetime import UTC
from functools import partial

from devices.conversation import Memory, Patience, Unready, talk
from devices.settings import PrinterSettings
from devices.sheet import Setting
from devices.testpage import page_bytes
from edge.layout import PhoneShown
from edge.words import Say
from edge.worker import Worker

PATIENT = Patience(connect=3.0, stall=10.0, paper=10.0)


async def print_trial(printer: PrinterSettings, number: int, say: Say, patience: Patience = PATIENT) -> str:
    """Print a page with a number; why nobody knows that it is on paper, empty where the printer said so."""
    with Worker("trial") as worker:
        page = await worker.run(partial(_page, printer, number, say))
        try:
            async with talk(printer, patience, Memory(), worker) as conversation:
                outcome = await conversation.bring(page, f"{number:04}")
        except Unready as unready:
            return say(unready.reason)
    return say(outcome.reason) if outcome.reason else ""


def _page(printer: PrinterSettings, number: int, say: Say) -> bytes:
    setting = Setting(columns=printer.columns, encoding=printer.encoding, phone=PhoneShown.NONE, say=say, timezone=UTC)
    return page_bytes(printer.id, number, setting)
