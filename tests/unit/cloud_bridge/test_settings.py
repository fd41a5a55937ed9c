"""Where the cloud is and how a store proves who it is."""

from pathlib import Path

import msgspec
import pytest

from cloud_bridge.settings import Address, CloudSettings, parse_url, password


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtts://broker.example:8884", Address("broker.example", 8884, tls=True)),
        ("mqtts://broker.example", Address("broker.example", 8883, tls=True)),
        ("mqtt://127.0.0.1", Address("127.0.0.1", 1883, tls=False)),
        ("mqtt://[::1]:1884/", Address("::1", 1884, tls=False)),
    ],
)
def test_an_address_has_a_host_a_port_and_perhaps_tls(url: str, address: Address) -> None:
    assert parse_url(url) == address
    assert parse_url(str(address)) == address


@pytest.mark.parametrize(
    "url",
    ["", "broker.example", "http://broker", "mqtts://", "mqtts://:8883", "mqtt://h:0", "mqtt://h:99999", "mqtt://h:x",
     "mqtt://h/path", "mqtts://me:secret@broker", "mqtt://[::1", "mqtt://a b", "mqtt://h?x=1", "mqtt://.."],
)  # fmt: skip
def test_a_wrong_address_is_named_in_one_line_without_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_url(url)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_password_comes_from_the_environment_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    settings = CloudSettings(url="mqtt://h", password_file=str(file))
    monkeypatch.delenv("OVENBELL_CLOUD_PASSWORD", raising=False)
    assert password(settings) == "from the file"
    monkeypatch.setenv("OVENBELL_CLOUD_PASSWORD", "from the environment")
    assert password(settings) == "from the environment"
    assert "from the" not in repr(settings)
    monkeypatch.setenv("OVENBELL_CLOUD_PASSWORD", "")  # a line that was left blank
    assert password(settings) == "from the file"


def test_the_settings_of_the_contract_load_as_they_stand() -> None:
    table = {"url": "mqtts://broker.example:8883", "username": "hz-0012", "ca_file": "/etc/ovenbell/ca.pem",
             "client_id": "hz-0012", "protocol": "5", "receipts": False, "grace_seconds": 5}  # fmt: skip
    settings = msgspec.convert(table, CloudSettings)
    assert settings == CloudSettings(url=settings.url, username="hz-0012", ca_file="/etc/ovenbell/ca.pem",
                                     client_id="hz-0012")  # fmt: skip
