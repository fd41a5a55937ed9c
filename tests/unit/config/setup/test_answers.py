"""Answers become a store.toml: what is asked for stands in it, comments stay, and equal answers are equal files."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from config.checks import WrongSettings
from config.settings import load_store
from config.setup.answers import PAD_KEYS, STATE, TEMPLATES, fill, load_answers, template
from config.setup.writing import EXAMPLE, store_text, write_secret, write_store
from edge.words import Language, speak
from tests.flow.test_command import ovenbell

ANSWERS = """
template = "cake-studio"
[store]
id = "hz-0012"
language = "zh"
[[printers]]
id = "kitchen"
connection = "tcp://127.0.0.1:9100"
stations = ["oven"]
[[keypads]]
id = "oven-pad"
station = "oven"
port = "/dev/serial/by-id/pad"
"""


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.toml"
    file.write_text(ANSWERS, encoding="utf-8")
    return file


def test_answers_become_the_settings_of_a_store_without_anybody_being_asked(answers: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "store.toml"
    ended = ovenbell("setup", "--from", str(answers), "--config", str(file))
    assert (ended.returncode, ended.stderr) == (0, "")
    store = load_store(file)
    assert store.store.id == "hz-0012"
    assert [*store.layout.stations] == ["oven", "decorating", "packing"]
    assert store.keypads[0].keys == PAD_KEYS
    again = tmp_path / "again.toml"
    assert ovenbell("setup", "--from", str(answers), "--config", str(again)).returncode == 0
    assert again.read_bytes() == file.read_bytes()


def test_answers_may_name_files_that_only_the_store_s_machine_has(answers: Path, tmp_path: Path) -> None:
    answers.write_text(f'{ANSWERS}[feed]\ntoken_file = "/etc/ovenbell/of-the-store"\n', encoding="utf-8")
    ended = ovenbell("setup", "--from", str(answers), "--config", str(tmp_path / "store.toml"))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (0, 1)
    assert ended.stderr.startswith("ovenbell: warning: feed.token_file: /etc/ovenbell/of-the-store is not here")


def test_all_mistakes_of_answers_are_said_at_once_with_file_and_field(answers: Path, tmp_path: Path) -> None:
    answers.write_text(
        'template = "pizzeria"\n[store]\nid = "h z"\ncolour = 1\n[cloud]\nurl = "http://x"\n'
        '[[printers]]\nid = "p"\nconnection = "lpt1"\n'
    )
    ended = ovenbell("setup", "--from", str(answers), "--config", str(tmp_path / "store.toml"))
    assert ended.returncode == 2
    fields = sorted(line.removeprefix(f"{answers}: ").partition(": ")[0] for line in ended.stderr.splitlines())
    assert fields == ["cloud.url", "printers[0].connection", "store.colour", "store.id", "template"]
    assert not (tmp_path / "store.toml").exists()


def test_what_answers_say_themselves_comes_before_the_template(answers: Path, tmp_path: Path) -> None:
    answers.write_text(f'{ANSWERS}[[stations]]\nid = "oven"\nstages = ["baking"]\n', encoding="utf-8")
    tree = load_answers(answers, tmp_path / "store.toml")
    assert ([row["id"] for row in tree["stations"]], "routes" in tree) == (["oven"], False)


def test_the_journal_of_a_machine_s_own_store_is_where_its_service_may_write() -> None:
    assert fill({}, Path("/etc/ovenbell/store.toml"))["journal"] == {"path": STATE}
    assert "journal" not in fill({}, Path("store.toml"))


def test_a_keypad_that_is_a_keyboard_has_the_keys_of_a_number_pad(answers: Path, tmp_path: Path) -> None:
    answers.write_text(ANSWERS.replace("serial", "input"), encoding="utf-8")
    keys = load_answers(answers, tmp_path / "store.toml")["keypads"][0]["keys"]
    assert (keys["9"], keys["-"], "R" in keys) == ("bump 9", "recall", False)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_a_whole_bakery_in_each_language(name: Any, language: Language, tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    write_store(file, {"store": {"id": "a", "language": language}, **template(name, language)})
    layout = load_store(file).layout
    assert [*layout.stations] == [row["id"] for row in template(name, language)["stations"]]
    say = speak(language)
    named = [*layout.stages.values(), *layout.stations.values()]
    assert language == "en" or [one.id for one in named if one.name == one.id] == []
    assert all(say(one.id) == one.name for one in named)


def test_what_was_commented_by_hand_stays_and_the_file_before_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    before = '# ours\n[store]\nid = "a"  # the shop by the lake\n'
    before += '\n[[printers]]\nid = "k"  # by the oven\nconnection = "file:x"\n'
    file.write_text(before)
    file.chmod(0o640)
    kept = write_store(
        file,
        {"store": {"id": "b"}, "printers": [{"id": "c", "connection": "file:y"}, {"id": "k", "connection": "file:z"}]},
        lambda: datetime(2026, 11, 22, 6, 30),  # noqa: DTZ001 - as on the wall
    )
    assert kept == tmp_path / "store.toml.20261122-063000"
    assert kept.read_text() == before
    assert [one.stat().st_mode & 0o777 for one in (kept, file)] == [0o640, 0o640]
    text = file.read_text()
    for comment in ("# ours\n", "# the shop by the lake\n", "# by the oven\n"):
        assert comment in text
    assert [printer.connection for printer in load_store(file).printers] == ["file:y", "file:z"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["store.toml", kept.name]


def test_a_password_that_is_typed_again_can_be_read_by_those_who_could_before(tmp_path: Path) -> None:
    secret = tmp_path / "etc" / "cloud-password"
    write_secret(secret, "poppy")
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.chmod(0o640)  # as install has it for the hub
    write_secret(secret, "sesame")
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("sesame\n", 0o640)


def test_settings_that_are_the_same_are_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    tree = {"store": {"id": "a"}}
    assert write_store(file, tree) is None
    written = file.stat().st_mtime_ns
    assert write_store(file, tree) is None
    assert (file.stat().st_mtime_ns, [*tmp_path.iterdir()]) == (written, [file])


def test_a_disk_without_room_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "store.toml"
    write_store(file, {"store": {"id": "a"}})
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("config.setup.writing.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_store(file, {"store": {"id": "b"}})
    assert (file.read_bytes(), [*tmp_path.iterdir()]) == (before, [file])


def test_a_file_that_is_not_toml_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[store")
    with pytest.raises(WrongSettings, match="is not TOML"):
        load_answers(tmp_path / "a.toml", tmp_path / "store.toml")


WORDS = some.text(some.characters(exclude_categories=("Cs", "Cc")), max_size=8)
VALUES = some.one_of(WORDS, some.integers(-99, 99), some.booleans(), some.lists(WORDS, max_size=3))
KEYS = some.sampled_from(["id", "name", "match", "a b", "ü", "keys"])
TABLES = some.dictionaries(KEYS, VALUES, max_size=4)
TREES = some.dictionaries(
    some.sampled_from(["store", "stages", "routes", "printers", "keypads"]),
    some.one_of(TABLES, some.lists(TABLES, min_size=1, max_size=3), some.dictionaries(KEYS, TABLES, max_size=2)),
)


@settings(max_examples=40)
@given(TREES, TREES)
def test_whatever_was_written_before_the_text_says_what_the_answers_say(before: Any, after: Any) -> None:
    assert tomllib.loads(store_text(before)) == before
    assert tomllib.loads(store_text(after, store_text(before))) == after


@settings(max_examples=20)
@given(TREES)
def test_the_example_can_become_anything_and_anything_the_example(tree: Any) -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    assert tomllib.loads(store_text(tree, example)) == tree
    assert tomllib.loads(store_text(tomllib.loads(example), store_text(tree))) == tomllib.loads(example)


def test_the_example_written_anew_is_the_example() -> None:
    example = EXAMPLE.read_text(encoding="utf-8")
    assert store_text(tomllib.loads(example), example) == example
