"""Asks channels by itself: for orders that a request only names, and for what a channel could not deliver."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from hashlib import blake2b
from typing import Any

import aiohttp
import msgspec

from cloud_bridge.gateway.channels import CHANNELS
from cloud_bridge.gateway.channels.channel import PULLED, Account, Pull, Unreadable, Wanted
from cloud_bridge.gateway.facts import AlarmCleared, AlarmRaised, LetterRead, Webhook, WebhookRead
from cloud_bridge.gateway.intents import Intent, Keep, Note, Unread
from cloud_bridge.gateway.orders import Alarm
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.gateway.ways.way import Call, Setting
from edge.hub import NotCommitted
from edge.text import plain

log = logging.getLogger(__name__)

PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
LARGEST = 4 * 1024 * 1024  # bytes of an answer
AT_ONCE = 8  # questions under way, of each account
FRESH = 60.0  # seconds before its end that a token is fetched anew
FIRST, CEILING = 1.0, 120.0  # seconds between tries
WORRY = 600.0  # seconds after which a person should know that a channel does not tell an order
DAY = 86_400.0  # seconds for which an order is asked for; it was paid
TOO_MANY, FAULTS = 429, 500
MINUTES = "pull_minutes"  # an option of any account whose channel has a list


class _Source:
    """An account that can be asked, and its token."""

    def __init__(self, key: str, account: Account, pull: Pull) -> None:
        self.key, self.account, self.pull = key, account, pull
        self.worry = f"unasked/{key}"  # the alarm
        self.setting = Setting(key, account.options, account.secrets)
        self.lock = asyncio.Lock()
        self.places = asyncio.Semaphore(AT_ONCE)
        self.token, self.until = "", 0.0

    @property
    def lacks(self) -> list[str]:
        """What the account has to be given before it can be asked."""
        secrets = [f"secret_files.{name}" for name in self.pull.secrets if name not in self.account.secrets]
        return secrets + [f"options.{name}" for name in self.pull.options if not self.account.options.get(name)]

    @property
    def every(self) -> float:
        """Seconds between two questions for what could not be delivered."""
        minutes = self.account.options.get(MINUTES, "")
        try:
            return float(minutes) * 60 if minutes else self.pull.every
        except ValueError:
            return self.pull.every


class Puller:
    """Runs beside the hub. What it hears is kept like any request, so that it can be read again."""

    def __init__(self, hub: CloudHub, accounts: Mapping[str, Account]) -> None:
        self._hub = hub
        self._sources = {
            key: _Source(key, account, pull)
            for key, account in accounts.items()
            if (pull := CHANNELS[account.channel].pull) is not None
        }
        self._session: aiohttp.ClientSession
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to ask for what could not be delivered, where a channel has a list of it."""
        self._session = aiohttp.ClientSession(timeout=PATIENCE)
        for source in self._sources.values():
            if source.pull.every and not source.lacks:
                self._begin(self._list(source))

    async def stop(self) -> None:
        """What is still wanted is asked for after the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.runs:
            await self._session.close()

    @property
    def runs(self) -> bool:
        """Whether anything can be asked; a command reads dead letters without it."""
        return hasattr(self, "_session")

    def lack(self, key: str) -> str:
        """Why an account cannot be asked; empty where it can be."""
        source = self._sources.get(key)
        lacks = ", ".join(source.lacks) if source else ""
        return f"the request only names the order; to ask for it the account needs {lacks}" if lacks else ""

    def want(self, key: str, wanted: Wanted, fact: int = 0, letter: int = 0) -> None:
        """Ask for an order that a webhook, or a dead letter, only names."""
        self._begin(self._answered(self._sources[key], wanted, fact, letter))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _list(self, source: _Source) -> None:
        while True:
            try:
                await self._keep(source, {})
            except (Unreadable, ValueError, aiohttp.ClientError, TimeoutError, OSError, NotCommitted) as error:
                log.warning("%s could not be asked for what it did not deliver: %s", source.key, _words(error))
            except Exception:  # a mistake in a channel's file: the others go on
                log.exception("%s could not be asked for what it did not deliver", source.key)
            await asyncio.sleep(source.every)

    async def _answered(self, source: _Source, wanted: Wanted, fact: int, letter: int) -> None:
        wait, began = FIRST, self._hub.clock.monotonic()
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
                if waited > DAY:
                    break
                if waited > WORRY:
                    self._worry(source, reason)
            except Exception as error:  # a mistake in a channel's file: this webhook is put aside
                log.exception("%s could not be asked for an order", source.key)
                reason = f"a mistake in the gateway, see its log: {type(error).__name__}"
                break
            else:
                self._note(Note(LetterRead(letter) if letter else WebhookRead(fact)))
                if source.worry in self._hub.board.alarms:
                    self._note(Note(AlarmCleared(source.worry)))
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, CEILING)
        log.warning("%s did not tell an order that it named: %s", source.key, reason)
        if not letter:  # a dead letter stays one
            self._note(Unread(plain(f"the order could not be asked for: {reason}", 300), source.key, fact))

    def _worry(self, source: _Source, reason: str) -> None:
        if source.worry not in self._hub.board.alarms:
            log.warning("%s does not tell an order that it named: %s", source.key, reason)
            alarm = Alarm("unasked", source.key, self._hub.clock.now(), plain(reason, 300))
            self._note(Note(AlarmRaised(source.worry, alarm)))

    def _note(self, intent: Intent) -> None:
        self._hub.offer(intent, by="pull", key=None, done=_nothing)

    async def _keep(self, source: _Source, ask: dict[str, str]) -> None:
        """Ask, and keep what is answered, all of it before it counts as heard."""
        account = source.account
        for body in await self._ask(source, ask):
            webhook = Webhook(account.channel, account.id, self._hub.clock.now(), body, headers={PULLED: "1"})
            digest = blake2b(body, digest_size=16).hexdigest()
            await self._hub.submit(Keep(webhook), by="pull", key=f"pulled\n{source.key}\n{digest}")

    async def _ask(self, source: _Source, ask: dict[str, str]) -> list[bytes]:
        pull, refused = source.pull, ""
        while True:  # a token may have been taken back before its time
            token = await self._token(source, refused)
            status, body = await self._make(pull.call(ask, source.setting, token, self._hub.clock.now()))
            if refused or pull.token is None or not pull.token.refused(status, body):
                break
            refused = token
        if status == TOO_MANY or status >= FAULTS:
            raise ValueError(f"HTTP {status}")
        return pull.read(ask, status, body)

    async def _make(self, call: Call) -> tuple[int, bytes]:
        async with self._session.request(
            call.method, call.url, data=call.body or None, headers=call.headers, allow_redirects=False
        ) as answer:
            body = b""
            while len(body) < LARGEST and (more := await answer.content.read(LARGEST - len(body))):
                body += more
            return answer.status, body

    async def _token(self, source: _Source, refused: str) -> str:
        if source.pull.token is None:
            return ""
        loop = asyncio.get_running_loop()
        async with source.lock:
            if not source.token or source.until <= loop.time() or source.token == refused:
                status, body = await self._make(source.pull.token.call(source.setting))
                source.token, seconds = source.pull.token.read(status, body)
                source.until = loop.time() + max(seconds - FRESH, 1.0)
            return source.token


def _words(error: Exception) -> str:
    """What went wrong, without an address: those hold tokens."""
    told = isinstance(error, ValueError) and not isinstance(error, aiohttp.InvalidURL | msgspec.MsgspecError)
    return str(error) if told else type(error).__name__


def _nothing() -> None:
    """Nobody waits for it."""
