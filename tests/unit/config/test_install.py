"""What install puts on a machine is shown first, written once, and taken back whole; journal and settings stay."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import install
from config.checks import read_toml
from config.cloud import check_cloud
from config.failed import Failed
from config.settings import StoreFile, absent, load_store
from config.setup.writing import write_whole
from config.tenants import Tenant, gateway_tenant, store_tenant
from tests.flow.test_command import ovenbell

SETTINGS = """
[store]
id = "hz-0012"
language = "en"
[cloud]
url = "mqtts://broker.example"
password_file = "/etc/ovenbell/cloud-password"
[journal]
path = "/srv/bakery/journal.db"
[feed]
listen = "127.0.0.1:9000"
"""
CLOUD = """
[broker]
url = "mqtt://localhost"
password_file = "/etc/ovenbell/broker-password"
[gateway]
key_file = "/etc/ovenbell/seal.key"
[journal]
path = "/srv/gateway/journal.db"
[[stores]]
id = "hz-0012"
[[accounts]]
channel = "generic"
id = "shop"
store = "hz-0012"
secret_files = { secret = "/etc/ovenbell/shop.secret" }
"""
PROGRAM = ["/opt/other/bin/ovenbell"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The image of a machine, with a store's settings and its journal."""
    for name, text in (
        ("etc/ovenbell/store.toml", SETTINGS),
        ("etc/ovenbell/cloud-password", "poppy"),
        ("srv/bakery/journal.db", "the store's memory"),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def files(root: Path) -> dict[str, str]:
    """All that is in an image."""
    return {
        f"/{one.relative_to(root)}": str(one.readlink()) if one.is_symlink() else one.read_text()
        for one in sorted(root.rglob("*"))
        if one.is_symlink() or one.is_file()
    }


def a_store(root: Path) -> StoreFile:
    return load_store(root / "etc/ovenbell/store.toml", here=False)


def put(root: Path, *, display: bool = True) -> list[str]:
    return list(install.put(tenant(root, display=display).parts, root))


def tenant(root: Path, *, display: bool = True) -> Tenant:
    return store_tenant(a_store(root), Path("/etc/ovenbell/store.toml"), PROGRAM, display=display)


def a_gateway(root: Path, text: str = "") -> Tenant:
    """A gateway beside the store, in an image of its machine."""
    config = Path("/etc/ovenbell/cloud.toml")
    file = install.below(root, config)
    file.write_text(CLOUD + text)
    return gateway_tenant(check_cloud(read_toml(file), file, here=False), config, PROGRAM, root)


def put_gateway(root: Path) -> list[str]:
    about = a_gateway(root)
    return list(install.put(about.parts, root, about.record))


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str] | None:
    """What systemd makes of a unit, where it is here; in CI it must be."""
    systemd = shutil.which("systemd-analyze")
    if systemd is None:
        assert os.environ.get("CI") != "true", "CI checks the units with systemd, and it is not on this machine"
        return None
    return subprocess.run([systemd, *map(str, words)], capture_output=True, text=True, check=False)


def test_what_install_wrote_uninstall_takes_back_and_nothing_else(root: Path) -> None:
    before = files(root)
    installed = ovenbell("install", "--root", str(root), "--program", *PROGRAM)
    assert (installed.returncode, installed.stderr) == (0, "")
    written = files(root)
    assert written.keys() - before.keys() == {
        "/etc/ovenbell/foot.ini",
        "/etc/ovenbell/installed",
        "/etc/systemd/journald.conf.d/ovenbell.conf",
        "/etc/systemd/system/multi-user.target.wants/ovenbell-display.service",
        "/etc/systemd/system/multi-user.target.wants/ovenbell-hub.service",
        "/etc/systemd/system/ovenbell-display.service",
        "/etc/systemd/system/ovenbell-hub.service",
        "/etc/sysusers.d/ovenbell.conf",
        "/etc/tmpfiles.d/ovenbell.conf",
        "/etc/udev/rules.d/70-ovenbell.rules",
    }
    again = ovenbell("install", "--root", str(root), "--program", *PROGRAM)
    assert (again.returncode, again.stdout, files(root)) == (0, "", written)
    removed = ovenbell("uninstall", "--root", str(root))
    assert (removed.returncode, removed.stderr) == (0, "")
    assert files(root) == before
    assert ovenbell("uninstall", "--root", str(root)).returncode == 1


def test_a_dry_run_shows_every_file_and_writes_none(root: Path) -> None:
    before = files(root)
    shown = ovenbell("install", "--root", str(root), "--program", *PROGRAM, "--dry-run")
    assert (shown.returncode, files(root)) == (0, before)
    put(root)
    for path, text in files(root).items():
        if path not in before and not path.endswith(("installed", ".service")):
            assert f"### {path}\n{text}" in shown.stdout
    assert "### /etc/systemd/system/ovenbell-hub.service\n" in shown.stdout
    gone = ovenbell("uninstall", "--root", str(root), "--dry-run")
    assert "/etc/udev/rules.d/70-ovenbell.rules" in gone.stdout.splitlines()


def test_the_units_name_this_program_these_settings_and_this_journal(root: Path) -> None:
    put(root)
    written = files(root)
    hub = written["/etc/systemd/system/ovenbell-hub.service"]
    assert "\nExecStart=/opt/other/bin/ovenbell hub --config /etc/ovenbell/store.toml\n" in hub
    assert "\nReadWritePaths=/srv/bakery\n" in hub
    display = written["/etc/systemd/system/ovenbell-display.service"]
    assert " /opt/other/bin/ovenbell display --hub http://127.0.0.1:9000 --language en\n" in display
    tmpfiles = written["/etc/tmpfiles.d/ovenbell.conf"]
    assert "\nd /srv/bakery :0750 :ovenbell :ovenbell\n" in tmpfiles
    assert "\nz /etc/ovenbell/cloud-password 0640 root ovenbell\n" in tmpfiles


def test_a_display_has_the_token_that_the_hub_asks_for(root: Path) -> None:
    token = Path("/etc/ovenbell/token")
    config = root / "etc/ovenbell/store.toml"
    config.write_text(f'{config.read_text()}token_file = "{token}"\n')
    put(root)
    written = files(root)
    display = written["/etc/systemd/system/ovenbell-display.service"]
    assert f" --language en --token-file {token}\n" in display
    assert "\nUser=ovenbell\n" in display
    assert f"\nz {token} 0640 root ovenbell\n" in written["/etc/tmpfiles.d/ovenbell.conf"]


def test_a_secret_that_only_the_store_s_machine_has_is_a_warning_where_its_image_is_made(root: Path) -> None:
    config = root / "etc/ovenbell/store.toml"
    config.write_text(f'{config.read_text()}token_file = "/etc/ovenbell/token"\n')
    (root / "etc/ovenbell/cloud-password").unlink()
    ended = ovenbell("install", "--root", str(root), "--program", *PROGRAM)
    assert (ended.returncode, "/etc/systemd/system/ovenbell-hub.service" in files(root)) == (0, True)
    needed = "is not here: the store's machine needs it before its hub starts\n"
    assert ended.stderr == (
        f"ovenbell: warning: feed.token_file: /etc/ovenbell/token {needed}"
        f"ovenbell: warning: cloud.password_file: /etc/ovenbell/cloud-password {needed}"
    )


def test_beyond_loopback_a_token_that_services_have_from_their_environment_is_enough(root: Path) -> None:
    config = root / "etc/ovenbell/store.toml"
    config.write_text(config.read_text().replace("127.0.0.1", "0.0.0.0"))
    (warning,) = absent(a_store(root), root)
    assert warning.startswith("feed.listen: beyond loopback the hub needs OVENBELL_FEED_TOKEN in /etc/ovenbell/secrets")
    (root / "etc/ovenbell/secrets").write_text("OVENBELL_FEED_TOKEN=poppy\n")
    assert list(absent(a_store(root), root)) == []


def test_without_a_screen_there_is_no_display_and_one_that_was_is_taken_back(root: Path) -> None:
    put(root)
    assert "/etc/systemd/system/ovenbell-display.service removed" in put(root, display=False)
    assert [path for path in files(root) if "display" in path or "foot" in path] == []


def test_what_was_changed_by_hand_is_kept_by_install_and_uninstall(root: Path) -> None:
    put(root)
    ours = root / "etc/ovenbell/foot.ini"
    ours.write_text("[main]\nfont=monospace:size=24\n")
    assert put(root) == ["/etc/ovenbell/foot.ini was changed by hand and is kept: remove it to have it written"]
    assert "/etc/ovenbell/foot.ini was changed by hand and is kept" in list(install.take(root))
    assert ours.read_text().endswith("size=24\n")
    assert "/etc/udev/rules.d/70-ovenbell.rules" not in files(root)


def test_an_installation_that_was_cut_off_can_be_taken_back(root: Path) -> None:
    before = files(root)
    steps = install.put(tenant(root).parts, root)
    for _ in range(3):
        next(steps)
    steps.close()
    list(install.take(root))
    assert files(root) == before


def test_a_damaged_record_of_what_was_written_is_one_line_with_its_mend(root: Path) -> None:
    put(root)
    record = root / "etc/ovenbell/installed"
    written, whole = files(root), record.read_bytes()
    for damage in (b"x", whole[:-70] + b"\n", b"\xff" * 80, whole.replace(b"  /", b"  ", 1)):
        record.write_bytes(damage)
        with pytest.raises(Failed, match="is damaged: remove the file, and ovenbell install makes it anew"):
            put(root)
    for command in (["install", "--program", *PROGRAM], ["uninstall"]):
        ended = ovenbell(*command, "--root", str(root))
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    record.unlink()
    assert put(root) == []
    assert files(root) == written


class PowerCut(BaseException):
    """Between two things that happen on the disk."""


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("writes", range(1, 10))
def test_an_upgrade_that_was_cut_off_takes_nothing_of_its_own_for_work_by_hand(
    root: Path, monkeypatch: pytest.MonkeyPatch, writes: int, *, done: bool
) -> None:
    before, config = files(root), root / "etc/ovenbell/store.toml"
    put(root)
    config.write_text(config.read_text().replace(":9000", ":9001"))  # stands in the display's unit
    config.write_text(config.read_text().replace("/srv/bakery", "/srv/other"))  # in the hub's, and with the folders
    left = writes

    def write(file: Path, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left or done:
            write_whole(file, data)
        if not left:
            raise PowerCut

    with monkeypatch.context() as power:
        power.setattr(install, "write_whole", write)
        with pytest.raises(PowerCut):
            put(root)
    config.write_text(config.read_text().replace(":9001", ":9002"))
    assert [line for line in put(root) if "by hand" in line] == []
    assert "127.0.0.1:9002" in files(root)["/etc/systemd/system/ovenbell-display.service"]
    assert "/srv/other" in files(root)["/etc/systemd/system/ovenbell-hub.service"]
    assert [line for line in install.take(root) if "by hand" in line] == []
    assert files(root).keys() == before.keys()


@pytest.mark.parametrize(
    ("config", "program"),
    [
        ("/home/pi/store.toml", "/opt/ovenbell/bin/ovenbell"),
        ("/etc/ovenbell/store.toml", "/home/baker/venv/bin/ovenbell"),
        ("store.toml", "/opt/ovenbell/bin/ovenbell"),
        ("/etc/oven bell/store.toml", "/opt/ovenbell/bin/ovenbell"),
    ],
)
def test_what_no_service_could_work_with_is_refused(root: Path, config: str, program: str) -> None:
    with pytest.raises(Failed):
        install.check(store_tenant(a_store(root), Path(config), [program], display=True).paths)


def test_the_machine_takes_in_what_was_written_and_says_what_it_refuses(root: Path) -> None:
    assert ("systemctl", "daemon-reload") in tenant(root, display=False).commands
    assert a_gateway(root).commands[-1] == ("systemctl", "restart", "systemd-journald", "ovenbell-gateway.service")
    with pytest.raises(Failed, match="no systemd"):
        install.call(["systemctl-of-another-world"])
    with pytest.raises(Failed, match="sh -c 'echo no >&2; exit 3': no"):
        install.call(["sh", "-c", "echo no >&2; exit 3"])


def test_a_store_and_a_gateway_live_on_one_machine_and_neither_takes_what_is_the_other_s(root: Path) -> None:
    put(root)
    alone = files(root)
    (root / "etc/ovenbell/cloud.toml").write_text(CLOUD)
    before = files(root)
    there = ("install", "--config", "/etc/ovenbell/cloud.toml", "--root", str(root), "--program", *PROGRAM)
    shown = ovenbell(*there, "--dry-run")
    assert (shown.returncode, files(root)) == (0, before)
    assert "### /etc/systemd/system/ovenbell-gateway.service\n" in shown.stdout
    installed = ovenbell(*there)
    assert installed.returncode == 0, installed.stderr
    both = files(root)
    assert both.keys() - before.keys() == {
        "/etc/ovenbell/installed-gateway",
        "/etc/systemd/journald.conf.d/ovenbell-gateway.conf",
        "/etc/systemd/system/multi-user.target.wants/ovenbell-gateway.service",
        "/etc/systemd/system/ovenbell-gateway.service",
        "/etc/sysusers.d/ovenbell-gateway.conf",
        "/etc/tmpfiles.d/ovenbell-gateway.conf",
    }
    assert {path: both[path] for path in alone} == alone
    unit, tmpfiles = both["/etc/systemd/system/ovenbell-gateway.service"], both["/etc/tmpfiles.d/ovenbell-gateway.conf"]
    assert "\nExecStart=/opt/other/bin/ovenbell gateway --config /etc/ovenbell/cloud.toml\n" in unit
    assert "\nReadWritePaths=/srv/gateway\n" in unit
    for secret in ("broker-password", "seal.key", "shop.secret"):
        assert f"\nz /etc/ovenbell/{secret} 0640 root ovenbell\n" in tmpfiles
    assert (put(root), put_gateway(root)) == ([], [])
    assert install.farewell(root)[0] == [
        ["systemctl", "stop", "ovenbell-hub.service", "ovenbell-display.service", "ovenbell-gateway.service"]
    ]
    removed = ovenbell("uninstall", "--root", str(root))
    assert (removed.returncode, removed.stderr) == (0, "")
    assert files(root).keys() == before.keys() - alone.keys() | {
        "/etc/ovenbell/store.toml", "/etc/ovenbell/cloud-password", "/srv/bakery/journal.db"
    }  # fmt: skip


def test_what_a_gateway_s_machine_does_not_have_yet_is_a_warning(root: Path) -> None:
    needed = "is not here: the machine needs it before its gateway starts"
    hook = '[[ways]]\nid = "hook"\nkind = "webhook"\noptions = { url = "http://h" }\n'
    assert a_gateway(root).absent == (
        f"broker.password_file: /etc/ovenbell/broker-password {needed}",
        f"gateway.key_file: /etc/ovenbell/seal.key {needed}",
        f"accounts[0].secret_files.secret: /etc/ovenbell/shop.secret {needed}",
    )
    for name in ("broker-password", "seal.key", "shop.secret"):
        (root / "etc/ovenbell" / name).write_text("poppy")
    assert a_gateway(root).absent == ()
    assert a_gateway(root, hook).absent == (
        "ways[0].secret_files.secret: required, or OVENBELL_WAY_HOOK_SECRET in /etc/ovenbell/gateway-secrets",
    )
    file = root / "etc/ovenbell/cloud.toml"
    file.write_text((CLOUD + hook).replace("[gateway]", '[gateway]\nlisten = "0.0.0.0:8390"'))
    settings = check_cloud(read_toml(file), file, here=False)
    about = gateway_tenant(settings, Path("/etc/ovenbell/cloud.toml"), PROGRAM, root)
    assert "beyond loopback it needs OVENBELL_GATEWAY_TOKEN" in about.absent[-1]
    (root / "etc/ovenbell/gateway-secrets").write_text("OVENBELL_WAY_HOOK_SECRET=poppy\n")
    assert a_gateway(root, hook).absent == ()


@pytest.mark.parametrize("service", ["hub", "gateway"])
def test_systemd_finds_what_is_installed_well_shut_in(root: Path, service: str) -> None:
    put(root)
    put_gateway(root)
    unit = root / f"etc/systemd/system/ovenbell-{service}.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    if verdict := analyze("verify", "--man=no", unit):
        assert (verdict.returncode, unit.name in verdict.stderr) == (0, False), verdict.stderr
    if verdict := analyze("security", "--offline=true", "--threshold=20", "--no-pager", unit):
        assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize("words", [("systemd-sysusers", "--dry-run"), ("systemd-tmpfiles", "--create")])
def test_what_both_say_of_their_user_and_folders_is_no_contradiction(root: Path, words: tuple[str, ...]) -> None:
    put(root)
    put_gateway(root)
    if program := shutil.which(words[0]):
        done = subprocess.run([program, *words[1:], f"--root={root}"], capture_output=True, text=True, check=False)
        assert [line for line in done.stderr.splitlines() if "uplicate" in line or "onflict" in line] == []
        assert "nrecognized" not in done.stderr
