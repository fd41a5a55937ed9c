"""Passwords, tokens and keys are written nowhere: not in a log at any level, not in `ps`, not by any command."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from tests.brokers import Broker
from tests.certificates import Authority, Certificate
from tests.flow.bakery import STORE, Bakery
from tests.flow.chain import ADD, ChainBroker
from tests.flow.terminal import command_line, watch
from tests.flow.test_chain import bakery_at
from tests.flow.test_command import ovenbell

PASSWORD, WRONG, TOKEN, GUESS = "flour-and-water", "flour-and-salt", "poppy-seed-roll", "poppy-seed-guess"
# What a curious installer would switch on: everything any library has to say, and asyncio's own tales.
CURIOUS = "import logging, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stderr)\n"


@pytest.fixture
def chain(tmp_path: Path, mosquitto: Callable[..., Broker]) -> Iterator[ChainBroker]:
    del mosquitto
    (tmp_path / "broker").mkdir()
    broker = ChainBroker(tmp_path / "broker")
    broker.follow(ADD, PASSWORD)
    broker.start()
    yield broker
    broker.stop()


def written(directory: Path, *said: bytes) -> str:
    """All that a store left behind: its files but for the secrets themselves, and what else was said."""
    files = (file for file in directory.iterdir() if file.is_file() and not file.name.startswith(("secret", "ours-")))
    return "\n".join(part.decode(errors="replace") for part in (*said, *(file.read_bytes() for file in files)))


def key_lines(certificate: Certificate) -> list[str]:
    """A key as its file says it."""
    return Path(certificate.key_file).read_text().splitlines()


async def everything_asked(bakery: Bakery) -> bytes:
    """The answers of the feed to people with and without the token."""
    answers = b""
    for token in (TOKEN, GUESS):
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for path in ("/healthz", "/metrics", "/api/board", "/api/orders?find=a", "/nothing", f"/{token}x"):
                async with session.get(bakery.url + path) as answer:
                    answers += await answer.read()
            async with session.post(f"{bakery.url}/api/intents", json={"type": token}) as answer:
                await answer.read()  # it names the unknown type, which is the asker's own word
            with suppress(aiohttp.ClientError):
                async with session.ws_connect(f"{bakery.url}/feed") as feed:
                    answers += (await feed.receive_str()).encode()
    return answers


@pytest.mark.parametrize("kept", ["files", "environment"])
async def test_secrets_are_written_nowhere(chain: ChainBroker, tmp_path: Path, kept: str) -> None:
    home = tmp_path / "store"
    home.mkdir()
    ours = Authority(home).issue(STORE)
    password, token, site = home / "secret-password", home / "secret-token", tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(CURIOUS)
    token.write_text(TOKEN)
    environment = {"PYTHONPATH": str(site), "PYTHONASYNCIODEBUG": "1"}
    account = f'username = "{STORE}"\ncert_file = "{ours.cert_file}"\nkey_file = "{ours.key_file}"\n'
    if kept == "files":
        account += f'password_file = "{password}"\n'
    else:
        environment |= {"OVENBELL_CLOUD_PASSWORD": WRONG, "OVENBELL_FEED_TOKEN": TOKEN}
    bakery = bakery_at(chain, home, account, **environment)
    if kept == "files":
        plain = bakery.settings
        bakery.settings = lambda: plain().replace("[feed]", f'[feed]\ntoken_file = "{token}"')  # type: ignore[method-assign]
    password.write_text(WRONG)
    for secret in (password, token):
        secret.chmod(0o600)
    async with bakery:
        await bakery.session.close()
        bakery.session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})
        await bakery.until_board(lambda board: board["status"]["cloud"] == "away" and "拒绝" in bakery.log())
        shown = command_line(bakery.process)
        if kept == "files":
            password.write_text(PASSWORD)
        else:
            await bakery.stop()
            environment["OVENBELL_CLOUD_PASSWORD"] = bakery.environment["OVENBELL_CLOUD_PASSWORD"] = PASSWORD
            await bakery.start()
        await bakery.until_board(lambda board: board["status"]["cloud"] == "connected")
        shown += command_line(bakery.process) + await everything_asked(bakery)
        if kept == "files":
            screen = await watch(bakery.url, "烤箱", token_file=token)
        else:
            screen = await watch(bakery.url, "烤箱", OVENBELL_FEED_TOKEN=TOKEN)
        shown += screen.command_line + screen.said
        chain.stop()
        await bakery.until_board(lambda board: board["status"]["cloud"] == "away")
        for words in (("doctor", "--config", str(home / "store.toml")), ("schema", "store"), ("schema", "messages")):
            ended = await asyncio.to_thread(ovenbell, *words, **environment)
            shown += ended.stdout.encode() + ended.stderr.encode()
        assert await bakery.stop() == 0
    log = bakery.log()
    assert "DEBUG" in log
    _, *key, _ = key_lines(ours)
    everything = written(home, shown)
    for secret in (PASSWORD, WRONG, TOKEN, GUESS, *key):
        assert secret not in everything, secret


async def test_a_display_that_fails_says_where_and_neither_its_token_nor_anything_a_terminal_obeys(
    tmp_path: Path,
) -> None:
    broken = "async def connect(*_, **__): raise RuntimeError('the wire broke \\x1b]0;owned\\x07')\n"
    (tmp_path / "sitecustomize.py").write_text(f"import aiohttp\n{broken}aiohttp.TCPConnector.connect = connect\n")
    ended = await watch("http://127.0.0.1:1", PYTHONPATH=str(tmp_path), OVENBELL_FEED_TOKEN=TOKEN)
    assert ended.status == 1
    said = ended.said.decode()
    assert "RuntimeError: the wire broke ]0;owned" in said
    assert TOKEN not in said
