"""The pickup board's part of store.toml: who may see it, what it is called, whether it rings."""

from typing import Annotated

from msgspec import Meta

from edge.settings import Settings


class PickupSettings(Settings, frozen=True):
    """The page of the shop's television."""

    public: bool = False  # without the feed's token: a television cannot send one
    title: Annotated[str, Meta(max_length=60)] = ""  # empty: the store's name
    chime: bool = True
