"""What is said of a cloud.toml that no gateway can be run from."""

import base64
from pathlib import Path

import msgspec
import pytest

from cloud_bridge.gateway.channels import CHANNELS
from cloud_bridge.gateway.gateway import Gateway
from cloud_bridge.gateway.seal import KEY_VARIABLE
from cloud_bridge.gateway.settings import TOKEN_VARIABLE, CloudFile
from cloud_bridge.gateway.ways import WAYS
from config.checks import WrongSettings
from config.cloud import load_cloud

EXAMPLE = Path(__file__).parents[3] / "config" / "cloud.example.toml"
BROKER = '[broker]\nurl = "mqtt://localhost"\n'
STORE = '[[stores]]\nid = "hz"\n'
SHOP = '[[accounts]]\nchannel = "generic"\nid = "shop"\nstore = "hz"\n'
HOOK = '[[ways]]\nid = "hook"\nkind = "webhook"\noptions = { url = "http://h" }\n'
READY = '[[messages]]\non = "order.ready"\n'
NO_MINUTES = "options.pull_minutes: expected minutes from 1 to 1440, or 0 for never, not "
NO_SECRET = "secret_files.secret: required, or OVENBELL_{}_SECRET in the environment"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN_VARIABLE, KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name in ("CHANNEL_GENERIC_SHOP", "WAY_HOOK"):
        monkeypatch.setenv(f"OVENBELL_{name}_SECRET", "flour")


def load(folder: Path, text: str) -> CloudFile:
    file = folder / "cloud.toml"
    file.write_text(text + f'[journal]\npath = "{folder}/journal.db"\n', encoding="utf-8")
    return load_cloud(file)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(WrongSettings) as wrong:
        load(folder, text)
    return [line.removeprefix(f"{folder / 'cloud.toml'}: ") for line in wrong.value.lines]


def test_the_example_loads_as_it_stands_and_names_every_setting(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in ("web-shop", "chain", "notices"):
        (tmp_path / f"{name}.secret").write_text("flour")
    file = tmp_path / "cloud.toml"
    file.write_text(text.replace("/etc/ovenbell/", f"{tmp_path}/").replace("/var/lib/ovenbell", str(tmp_path)))
    settings = load_cloud(file)
    assert [store.name for store in settings.stores] == ["麦田烘焙 西湖店", "麦田烘焙 滨江店"]
    assert settings.accounts[1].products["SKU-881"].code == "cake-strawberry-8"
    assert settings.plan.quiet is not None
    assert settings.account(settings.accounts[0]).url == "https://orders.example/channels/generic/web-shop"
    rows = (settings.gateway, settings.stores[0], settings.accounts[0], settings.ways[0], settings.messages[0])
    named = {field.name for row in (settings, *rows) for field in msgspec.structs.fields(row)}
    assert [name for name in sorted(named) if name not in text] == []


def test_the_table_of_products_is_read_backwards_where_a_channel_is_told(tmp_path: Path) -> None:
    rows = (
        '"SKU-1" = { code = "cake" }\n"SKU-2" = { code = "cake" }\n"芒果" = { code = "mango", shelf = "27" }\n'
        '"mango" = { code = "bun", shelf = "28" }\n"roll" = { code = "SKU-1", shelf = "29" }\n'
    )
    (account,) = load(tmp_path, BROKER + STORE + SHOP + "[accounts.products]\n" + rows).plan.accounts.values()
    ours = ("cake", "mango", "bun", "SKU-1", "SKU-2", "roll", "bread")
    assert [account.codes_of(code) for code in ours] == [
        ("SKU-1", "SKU-2"), ("27",), ("28",), ("29",), (), (), ("bread",)
    ]  # fmt: skip


def test_a_way_and_a_channel_are_told_no_oftener_than_the_shop_wants(tmp_path: Path) -> None:
    both = (SHOP + "per_second = 5\n", HOOK + "per_second = 0.5\n")
    courier = Gateway(load(tmp_path, BROKER + STORE + "".join(both)), tmp_path / "journal.db").courier
    posts = [lane.post for lane in (*courier._channels.values(), *courier._ways.values())]
    assert [post.per_second for post in posts if post is not None] == [5, 0.5]


def test_all_mistakes_are_reported_in_one_go(tmp_path: Path) -> None:
    text = (
        '[broker]\nurl = "http://h"\ncert_file = "a"\n'
        '[gateway]\nlisten = "8390"\nurl = "orders.example"\nquiet = "25:00-7"\nlanguage = "fr"\ncolour = "blue"\n'
        + STORE * 2
        + '[[stores]]\nid = "sh"\ntimezone = "Asia/Hangzhou"\n'
        + '[[accounts]]\nchannel = "pigeon"\nid = "shop"\n'
        + SHOP.replace('"hz"', '"bj"').replace("shop", "till")
        + 'stores = { "1" = "gz" }\nways = ["post"]\n'
        + SHOP * 2
        + HOOK.replace("options", "# options").replace("hook", "bell", 1)
        + '[[ways]]\nid = "channel"\nkind = "drum"\n'
        + READY
        + 'words = { zh = "{ordr}" }\nstores = ["sz-*"]\nways = ["post"]\n'
        + READY
        + "words = {}\n"
    )
    names, kinds = ", ".join(sorted(CHANNELS)), ", ".join(sorted(WAYS))
    assert mistakes(tmp_path, text) == [
        "gateway.colour: unknown field",
        "gateway.quiet: expected two times, such as 22:00-07:30",
        "gateway.language: expected one of zh, en, not 'fr'",
        "broker.url: expected mqtts://host:port, or mqtt://host:port for a broker on this machine",
        "broker.cert_file: cert_file and key_file go together",
        "gateway.listen: expected host:port, got '8390'",
        "gateway.url: expected https://HOST, the beginning of the address that the channels call, not 'orders.example'",
        "stores[1].id: 'hz' is there already",
        "stores[2].timezone: there is no time zone 'Asia/Hangzhou'",
        "accounts[0].store: required, or stores by the channel's id of the shop",
        f"accounts[0].channel: there is no channel 'pigeon'; there are {names}",
        "accounts[1].store: there is no store 'bj'",
        "accounts[1].stores.1: there is no store 'gz'",
        "accounts[1].ways: there is no way 'post'",
        "accounts[3].id: generic has an account 'shop' already",
        "ways[0].options.url: required",
        "ways[1].id: 'channel' is the way to the channels themselves",
        f"ways[1].kind: there is no kind of way 'drum'; there are {kinds}",
        "messages[0].words.zh: there is no {ordr}; there are {order}, {item}, {stage}, {store}",
        "messages[0].stores: there is no store 'sz-*'",
        "messages[0].ways: there is no way 'post'",
        "messages[1].words: required, in one language at least",
        f"accounts[1].{NO_SECRET.format('CHANNEL_GENERIC_TILL')}",
        f"ways[0].{NO_SECRET.format('WAY_BELL')}",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["broker: required"]),
        ("[gateway]\nlisten = 1\n" + STORE * 2, ["broker: required", "gateway.listen: Expected `str`, got `int`"]),
        (BROKER + '[gateway]\nquiet = "07:00-07:00"\n', ["gateway.quiet: expected two times that differ"]),
        (BROKER + '[gateway]\nkey_file = "/dev/null"\n', ["gateway.key_file: there is no key in it"]),
        (BROKER + STORE + SHOP + 'secret_files = { secert = "a" }\n', ["accounts[0].secret_files.secert: there is no"]),
        (BROKER + STORE + SHOP + 'options = { pull_minutes = "0.5" }\n', [f"accounts[0].{NO_MINUTES}'0.5'"]),
        (BROKER + STORE + SHOP + 'options = { pull_minutes = "-1" }\n', [f"accounts[0].{NO_MINUTES}'-1'"]),
        (BROKER + STORE + SHOP + 'options = { pull_minutes = "nan" }\n', [f"accounts[0].{NO_MINUTES}'nan'"]),
        (BROKER + STORE + SHOP + 'options = { pull_minutes = "five" }\n', [f"accounts[0].{NO_MINUTES}'five'"]),
        (
            BROKER + STORE + SHOP + 'options = { timezone = "Asia/Shangai" }\n',
            ["accounts[0].options.timezone: there is no time zone 'Asia/Shangai'"],
        ),
    ],
)
def test_what_no_gateway_can_work_with_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    said = mistakes(tmp_path, text)
    assert [one for one in expected if not any(line.startswith(one) for line in said)] == [], said


@pytest.mark.parametrize("secret", ["whsec_flour", "whsec_Zmxvd XI=", "whsec_"])
def test_a_secret_that_would_refuse_every_request_is_refused_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    for name in ("CHANNEL_GENERIC_SHOP", "WAY_HOOK"):
        monkeypatch.setenv(f"OVENBELL_{name}_SECRET", secret)
    assert mistakes(tmp_path, BROKER + STORE + SHOP + HOOK) == [
        f"{place}.secret_files.secret: expected base64 after whsec_" for place in ("accounts[0]", "ways[0]")
    ]


def test_beyond_loopback_a_token_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listen = BROKER + '[gateway]\nlisten = "0.0.0.0:8390"\n'
    (mistake,) = mistakes(tmp_path, listen)
    assert mistake == f"gateway.listen: beyond loopback a token is required: {TOKEN_VARIABLE} or gateway.token_file"
    assert mistakes(tmp_path, listen + f'token_file = "{tmp_path}/gone"\n') == [
        "gateway.token_file: cannot be read: No such file or directory"
    ]
    monkeypatch.setenv(TOKEN_VARIABLE, "flour")
    assert load(tmp_path, listen).gateway.listen == "0.0.0.0:8390"


def test_a_secret_that_cannot_be_used_is_a_mistake_of_its_field_and_never_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OVENBELL_CHANNEL_GENERIC_SHOP_SECRET")
    secret = tmp_path / "secret"
    account = BROKER + STORE + SHOP + f'secret_files = {{ secret = "{secret}" }}\n'
    assert mistakes(tmp_path, account) == ["accounts[0].secret_files.secret: cannot be read: No such file or directory"]
    secret.write_bytes(b"caf\xe9")
    assert mistakes(tmp_path, account) == [f"accounts[0].secret_files.secret: {secret} is not UTF-8"]
    secret.write_text(" \n")
    assert mistakes(tmp_path, account) == [f"accounts[0].secret_files.secret: {secret} is empty"]
    secret.write_text("flour")
    assert load(tmp_path, account).accounts[0].id == "shop"


def test_a_variable_that_was_left_blank_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for blank in ("", " "):
        monkeypatch.setenv("OVENBELL_CHANNEL_GENERIC_SHOP_SECRET", blank)
        monkeypatch.setenv("OVENBELL_WAY_HOOK_SECRET", blank)
        assert mistakes(tmp_path, BROKER + STORE + SHOP + HOOK) == [
            f"accounts[0].{NO_SECRET.format('CHANNEL_GENERIC_SHOP')}",
            f"ways[0].{NO_SECRET.format('WAY_HOOK')}",
        ]
        (tmp_path / "secret").write_text("poppy")
        with_file = SHOP + f'secret_files = {{ secret = "{tmp_path}/secret" }}\n'
        settings = load(tmp_path, BROKER + STORE + with_file)
        assert settings.account(settings.accounts[0]).secrets == {"secret": "poppy"}


def test_keys_of_the_seal_that_are_none_are_a_mistake_and_checking_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tmp_path, BROKER)
    assert not (tmp_path / "seal.key").exists()
    (tmp_path / "seal.key").write_text(base64.b64encode(b"flour").decode())
    assert mistakes(tmp_path, BROKER) == ["gateway.key_file: key 1 has 5 bytes, expected 32: openssl rand -base64 32"]
    (tmp_path / "seal.key").write_bytes(b"caf\xe9")
    assert mistakes(tmp_path, BROKER) == ["gateway.key_file: key 1 is not base64"]
    monkeypatch.setenv(KEY_VARIABLE, base64.b64encode(bytes(32)).decode())
    assert load(tmp_path, BROKER).gateway.id == "gateway"
