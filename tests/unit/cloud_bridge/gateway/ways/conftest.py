"""A notice as the ways are asked to carry it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cloud_bridge.gateway.orders import Notice
from edge.orders import OrderId

NINE = datetime(2026, 11, 22, 9, 5, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


@pytest.fixture
def notice() -> Notice:
    """A cake of order A001 went into the oven at five past nine."""
    return Notice(
        id="7",
        account="generic/shop",
        on="item.started",
        store="hz-0012",
        at=NINE,
        due=NINE,
        until=NINE + 3600,
        ways=("way",),
        order=OrderId("o-1"),
        origin="shop-1",
        display_id="A001",
        store_name="麦田烘焙",
        zone="Asia/Shanghai",
        stage="baking",
        item="1",
        name="草莓奶油蛋糕",
        words="您的草莓奶油蛋糕已进烤箱。",
    )
