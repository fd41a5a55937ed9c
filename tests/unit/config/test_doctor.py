"""What the doctor warns of without asking anybody."""

import msgspec
import pytest

from config.doctor.store import examine_secrets
from config.settings import StoreFile


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("mqtt://broker.example", True),
        ("mqtt://192.0.2.1:1883", True),
        ("mqtts://broker.example", False),
        ("mqtt://127.0.0.1", False),
        ("mqtt://localhost", False),
        ("mqtt://[::1]", False),
    ],
)
def test_a_road_to_another_machine_that_anybody_can_listen_to_is_a_warning(url: str, *, warned: bool) -> None:
    settings = msgspec.convert({"store": {"id": "a"}, "cloud": {"url": url}}, StoreFile)
    assert ["in the clear" in line.found for line in examine_secrets(settings, str)] == [True] * warned
