"""The journal kept for bad days: backup, restore, reparse and damage, with the real commands beside a real hub."""

import asyncio
import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.brokers import Broker
from tests.cloud import Cloud, ended_event, order_event, until
from tests.flow.bakery import STORE, bakery_of
from tests.flow.test_command import ovenbell


async def run(*words: str) -> Any:
    return await asyncio.to_thread(ovenbell, *words)


async def test_a_spare_machine_goes_on_from_a_backup_made_while_the_hub_ran(broker: Broker, tmp_path: Path) -> None:
    with closing(Cloud(broker, STORE)) as cloud:
        async with bakery_of(broker, tmp_path) as bakery:
            cloud.send(order_event(1), order_event(2))
            await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
            copied = await run(
                "backup", "--config", str(tmp_path / "store.toml"), str(tmp_path / "usb" / "store.backup")
            )
            assert (copied.returncode, copied.stderr) == (0, "")
            cloud.send(order_event(3))
            await until(lambda: "e-3" in _accepted(cloud))
            await bakery.kill()
            first = cloud.presence["journal"]

            await asyncio.to_thread(_lose_everything, tmp_path)
            restored = await run(
                "restore", "--config", str(tmp_path / "store.toml"), str(tmp_path / "usb" / "store.backup")
            )
            assert restored.returncode == 0, restored.stderr
            assert "2 orders on the board" in restored.stdout
            await bakery.start()
            await until(lambda: cloud.presence["journal"] != first)
            await until(lambda: cloud.told("backfill")[-1]["data"] == {})
            cloud.send(order_event(1), order_event(2), order_event(3))
            await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 3)
            await until(lambda: _accepted(cloud).count("e-3") == 2)  # the new journal tells it under its own name


def _accepted(cloud: Cloud) -> list[str]:
    return [event["data"]["event"] for event in cloud.told(kind="order.accepted")]


def _set_aside(directory: Path) -> int:
    return len(list(directory.glob("journal.db.aside-*")))


def _spoil(directory: Path) -> None:
    for file in directory.glob("journal.db-*"):
        file.unlink()
    (directory / "journal.db").write_bytes(b"flour" * 20_000)


def _lose_everything(directory: Path) -> None:
    for file in directory.glob("journal.db*"):
        file.unlink()
    (directory / "store.toml").unlink()


async def test_a_backup_without_a_name_lies_beside_the_journal_and_is_found_again(
    broker: Broker, tmp_path: Path
) -> None:
    settings = str(tmp_path / "store.toml")
    async with bakery_of(broker, tmp_path) as bakery:
        assert (await run("backup", "--config", settings)).returncode == 0
        refused = await run("restore", "--config", settings)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert "another hub" in refused.stderr
        await bakery.stop()
        restored = await run("restore", "--config", settings)
        assert restored.returncode == 0, restored.stderr
        assert await asyncio.to_thread(_set_aside, tmp_path) == 1, "what was there is kept"


async def test_what_no_backup_is_made_of_is_one_line(tmp_path: Path) -> None:
    settings = tmp_path / "store.toml"
    settings.write_text(f'[store]\nid = "s"\n[journal]\npath = "{tmp_path}/journal.db"\n')
    flour = tmp_path / "flour"
    flour.write_bytes(b"flour" * 1000)
    for words, said in (
        (("backup",), "not there yet"),
        (("restore",), "no backup in"),
        (("restore", str(flour)), "is not a backup"),
        (("backup", str(tmp_path)), "is no file"),
        (("backup", str(flour)), "is not a backup"),
        (("backup", str(settings)), "is not a backup"),
    ):
        ended = await run(words[0], "--config", str(settings), *words[1:])
        assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
        assert said in ended.stderr


async def test_dead_letters_are_read_once_more_beside_a_hub_and_without_one(broker: Broker, tmp_path: Path) -> None:
    """As after an update: what this version understands had been kept by one that did not."""
    settings = str(tmp_path / "store.toml")
    with closing(Cloud(broker, STORE)) as cloud:
        async with bakery_of(broker, tmp_path) as bakery:
            cloud.send(b"{", *(order_event(number, type="ovenbell.order.baked") for number in (1, 2)))
            await bakery.until_board(lambda board: board["status"]["deadLetters"] == 3)
            await bakery.stop()
            await asyncio.to_thread(_learn, tmp_path / "journal.db", "1")
            assert "1 understood now, 2 still not" in (await run("reparse", "--config", settings)).stdout
            await asyncio.to_thread(_learn, tmp_path / "journal.db", "2")
            await bakery.start()
            assert "1 understood now, 1 still not" in (await run("reparse", "--config", settings)).stdout
            board = await bakery.until_board(lambda board: board["status"]["deadLetters"] == 1)
            assert {card["order"] for card in board["stations"][0]["cards"]} == {"o-1", "o-2"}
            assert "0 understood now, 1 still not" in (await run("reparse", "--config", settings)).stdout
            await until(lambda: len(cloud.told(kind="order.accepted")) == 2)


def _learn(journal: Path, number: str) -> None:
    """Make a kept message one that is understood."""
    with closing(sqlite3.connect(journal)) as connection:
        for seq, body in connection.execute("SELECT seq, body FROM facts WHERE kind = 'DeadLetterKept'").fetchall():
            kept = json.loads(body)
            if kept.get("event") == f"e-{number}":
                payload = json.dumps(order_event(int(number))).encode()
                kept |= {"payload": base64.b64encode(payload).decode(), "size": len(payload)}
                connection.execute("UPDATE facts SET body = ? WHERE seq = ?", (json.dumps(kept), seq))
        connection.commit()


async def test_a_store_whose_journal_is_rubbish_opens_and_is_told_everything_again(
    broker: Broker, tmp_path: Path
) -> None:
    with closing(Cloud(broker, STORE)) as cloud:
        async with bakery_of(broker, tmp_path) as bakery:
            cloud.send(order_event(1), order_event(2))
            await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
            await bakery.stop()
            first = cloud.presence["journal"]
            await asyncio.to_thread(_spoil, tmp_path)
            await bakery.start()
            await until(lambda: cloud.presence["state"] == "online" and cloud.presence["journal"] != first)
            await until(lambda: cloud.told("backfill")[-1]["data"] == {})
            old = order_event(9)
            old["data"]["createdAt"] = "2026-01-01T01:00:00Z"
            cloud.send(order_event(1), order_event(2), old, ended_event(2, "cancelled"))
            board = await bakery.until_board(lambda board: board["lapsed"] and len(board["stations"][0]["cards"]) == 2)
            assert [order["order"] for order in board["lapsed"]] == ["o-9"]
            assert await asyncio.to_thread(_set_aside, tmp_path) == 1


async def test_a_second_hub_on_the_same_journal_is_told_so(broker: Broker, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        ended = await run("hub", "--config", str(tmp_path / "store.toml"))
        assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
        assert "another hub is using it" in ended.stderr
        assert (await bakery.get("/healthz"))["status"] == "ok"
