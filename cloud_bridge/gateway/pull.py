"""Asks channels by itself: for orders that a request only names, and for what a channel could not deliver."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from hashlib import blake2b
from typing import Any

import aiohttp
import msgspec

from cloud_bridge.gateway.caller import Callers
from cloud_bridge.gateway.channels import CHANNELS
from cloud_bridge.gateway.channels.channel import PULLED, Account, Pull, Unreadable, Wanted
from cloud_bridge.gateway.facts import AlarmCleared, AlarmRaised, LetterRead, Webhook, WebhookRead
from cloud_bridge.gateway.intents import Intent, Keep, Note, Unread
from cloud_bridge.gateway.orders import Alarm
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.gateway.ways.way import Setting, retry_after
from edge.hub import NotCommitted
from edge.text import plain

log = logging.getLogger(__name__)

AT_ONCE = 8  # questions under way, of each account
FIRST, CEILING = 1.0, 120.0  # seconds between tries
WORRY = 600.0  # seconds after which a person should know that a channel does not tell an order
DAY = 86_400.0  # seconds for which an order is asked for; it was paid
TOO_MANY, FAULTS = 429, 500
MINUTES = "pull_minutes"  # an option of any account whose channel has a list
LEAST, MOST = 1, 24 * 60  # minutes: who asks without a pause is locked out


class _Source:
    """An account that can be asked."""

    def __init__(self, key: str, account: Account, pull: Pull, callers: Callers) -> None:
        self.key, self.account, self.pull = key, account, pull
        self.worry = f"unasked/{key}"  # the alarm
        self.setting = Setting(key, account.options, account.secrets)
        self.caller = callers.of(self.setting)
        self.places = asyncio.Semaphore(AT_ONCE)
        self.closed = 0.0  # until then it wants to be left alone, on the loop's clock
        self.reason = ""
        self.late: set[int] = set()  # webhooks and letters whose order is waited for for too long

    @property
    def lacks(self) -> list[str]:
        """What the account has to be given before it can be asked."""
        secrets = [f"secret_files.{name}" for name in self.pull.secrets if name not in self.account.secrets]
        return secrets + [f"options.{name}" for name in self.pull.options if not self.account.options.get(name)]

    @property
    def every(self) -> float:
        """Seconds between two questions for what could not be delivered; 0: it is not asked for."""
        minutes = self.account.options.get(MINUTES)
        return minutes_of(minutes) * 60 if minutes and self.pull.every else self.pull.every


class Puller:
    """Runs beside the hub. What it hears is kept like any request, so that it can be read again."""

    def __init__(self, hub: CloudHub, accounts: Mapping[str, Account], callers: Callers) -> None:
        self._hub = hub
        self._sources = {
            key: _Source(key, account, pull, callers)
            for key, account in accounts.items()
            if (pull := CHANNELS[account.channel].pull) is not None
        }
        self.runs = False  # whether anything can be asked
        self._tasks: dict[asyncio.Task[None], int] = {}  # by what is asked for, with its dead letter

    async def start(self) -> None:
        """Begin to ask for what could not be delivered, where a channel has a list of it."""
        self.runs = True
        for key, alarm in list(self._hub.board.alarms.items()):
            if alarm.kind == "unasked":  # what is so still is found again
                self._note(Note(AlarmCleared(key)))
        for source in self._sources.values():
            if source.every and not source.lacks:
                self._begin(self._list(source))

    async def stop(self) -> None:
        """What is still wanted is asked for after the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def lack(self, key: str) -> str:
        """Why an account cannot be asked; empty where it can be."""
        source = self._sources.get(key)
        lacks = ", ".join(source.lacks) if source else ""
        return f"the request only names the order; to ask for it the account needs {lacks}" if lacks else ""

    def want(self, key: str, wanted: Wanted, *, fact: int = 0, letter: int = 0, waited: float = 0.0) -> None:
        """Ask for an order that a webhook, or a dead letter, only names; where it is not being asked for already.

        A webhook may have waited for it for some seconds, before a restart.
        """
        if self.runs and not (letter and letter in self._tasks.values()):
            began = self._hub.clock.monotonic() - waited
            self._begin(self._answered(self._sources[key], wanted, fact, letter, began), letter)

    def _begin(self, work: Coroutine[Any, Any, None], letter: int = 0) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = letter
        task.add_done_callback(self._tasks.pop)

    async def _list(self, source: _Source) -> None:
        while True:
            try:
                await self._keep(source, {})
            except (Unreadable, ValueError, aiohttp.ClientError, TimeoutError, OSError, NotCommitted) as error:
                log.warning("%s could not be asked for what it did not deliver: %s", source.key, _words(error))
            except Exception:  # a mistake in a channel's file: the others go on
                log.exception("%s could not be asked for what it did not deliver", source.key)
            await asyncio.sleep(source.every)

    async def _answered(self, source: _Source, wanted: Wanted, fact: int, letter: int, began: float) -> None:
        wait = FIRST
        while True:
            try:
                async with source.places:
                    await self._keep(source, wanted.ask)
            except Unreadable as error:
                reason = str(error)
                break
            except (ValueError, aiohttp.ClientError, TimeoutError, OSError, NotCommitted) as error:
                reason = _words(error)
                waited = self._hub.clock.monotonic() - began
                if waited > (WORRY if letter else DAY):  # whoever reads a dead letter again may do so once more
                    break
                if waited > WORRY:
                    source.late.add(letter or fact)
                    self._worry(source, reason)
            except Exception as error:  # a mistake in a channel's file: this webhook is put aside
                log.exception("%s could not be asked for an order", source.key)
                reason = f"a mistake in the gateway, see its log: {type(error).__name__}"
                break
            else:
                read = LetterRead(letter, source.key) if letter else WebhookRead(fact)
                self._note(Note(read), f"read\n{letter or fact}")
                self._calm(source, letter or fact)
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, CEILING)
        log.warning("%s did not tell an order that it named: %s", source.key, reason)
        if not letter:  # a dead letter stays one
            self._note(Unread(plain(f"the order could not be asked for: {reason}", 300), source.key, fact))
        self._calm(source, letter or fact)

    def _worry(self, source: _Source, reason: str) -> None:
        if source.worry not in self._hub.board.alarms:
            alarm = Alarm("unasked", source.key, self._hub.clock.now(), plain(reason, 300))
            self._note(Note(AlarmRaised(source.worry, alarm)))

    def _calm(self, source: _Source, ended: int) -> None:
        """One is not asked for any more, whatever came of it."""
        source.late.discard(ended)
        if not source.late and source.worry in self._hub.board.alarms:
            self._note(Note(AlarmCleared(source.worry)))

    def _note(self, intent: Intent, key: str | None = None) -> None:
        self._hub.offer(intent, by="pull", key=key)

    async def _keep(self, source: _Source, ask: dict[str, str]) -> None:
        """Ask, and keep what is answered, all of it before it counts as heard."""
        account = source.account
        for body in await self._ask(source, ask):
            webhook = Webhook(account.channel, account.id, self._hub.clock.now(), body, headers={PULLED: "1"})
            digest = blake2b(body, digest_size=16).hexdigest()
            await self._hub.submit(Keep(webhook), by="pull", key=f"pulled\n{source.key}\n{digest}")

    async def _ask(self, source: _Source, ask: dict[str, str]) -> list[bytes]:
        pull, loop = source.pull, asyncio.get_running_loop()
        if loop.time() < source.closed:
            raise ValueError(source.reason)
        status, body, headers = await source.caller.ask(
            pull.token, lambda token: pull.call(ask, source.setting, token, self._hub.clock.now())
        )
        if status == TOO_MANY or status >= FAULTS:
            source.closed = max(source.closed, loop.time() + (retry_after(headers) or 0.0))
            source.reason = f"HTTP {status}"
            raise ValueError(source.reason)
        return pull.read(ask, status, body)


def minutes_of(text: str) -> float:
    """The minutes that an option says, 0 for never; ValueError where it says nothing of use."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if minutes == 0 or LEAST <= minutes <= MOST:
        return minutes
    raise ValueError(f"expected minutes from {LEAST} to {MOST}, or 0 for never, not {text!r}")


def _words(error: Exception) -> str:
    """What went wrong, without an address: those hold tokens."""
    told = isinstance(error, ValueError) and not isinstance(error, aiohttp.InvalidURL | msgspec.MsgspecError)
    return str(error) if told else type(error).__name__
