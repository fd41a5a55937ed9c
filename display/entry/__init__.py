"""Order entry: the form for who phones, walks in or writes; `OrderEntry` is its screen."""

from display.entry.form import OrderEntry

__all__ = ["OrderEntry"]
