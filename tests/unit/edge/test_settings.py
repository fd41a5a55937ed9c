"""The ground's settings: where the feed listens, who may ask it, and what a name may look like."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.settings import (
    FeedSettings,
    StageSettings,
    StationSettings,
    StoreSettings,
    feed_token,
    is_loopback,
    listen_address,
)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8377", ("127.0.0.1", 8377)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:8377", ("::1", 8377)),
        ("0.0.0.0:65535", ("0.0.0.0", 65_535)),
    ],
)
def test_the_feed_listens_at_a_host_and_a_port(listen: str, address: tuple[str, int]) -> None:
    assert listen_address(listen) == address


@pytest.mark.parametrize(
    "listen", ["", "8377", ":8377", "localhost", "localhost:", "localhost:http", "localhost:65536"]
)
def test_what_is_no_address_is_named(listen: str) -> None:
    with pytest.raises(ValueError, match="expected host:port"):
        listen_address(listen)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_is_reached_from_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "localhost.example", "127.0.0.1.example", "", "oven-pi"]
)
def test_everything_else_is_reached_from_elsewhere(host: str) -> None:
    assert not is_loopback(host)


def test_the_token_comes_from_the_environment_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    settings = FeedSettings(token_file=str(file))
    monkeypatch.delenv("OVENBELL_FEED_TOKEN", raising=False)
    assert (feed_token(FeedSettings()), feed_token(settings)) == ("", "from the file")
    monkeypatch.setenv("OVENBELL_FEED_TOKEN", "from outside")
    assert feed_token(settings) == "from outside"


@pytest.mark.parametrize("name", ["", "a b", "-a", ".a", "a/b", "a\n", "a#", "a+", "x" * 65, "烤箱"])
def test_ids_are_plain_because_they_stand_in_topics_and_addresses(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": name}, StoreSettings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": name, "stages": ["baking"]}, StationSettings)


@pytest.mark.parametrize("wrong", [{"presses": 0}, {"presses": 3}, {"min_minutes": -1}, {"max_minutes": 10**9}])
def test_a_stage_is_pressed_once_or_twice_and_lasts_some_minutes(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, StageSettings)
