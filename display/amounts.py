"""Amounts as people write them: 12, 1.5 kg, 3 可颂."""

from decimal import Decimal

from display.cells import shown

PIECES = frozenset({"", "UN"})  # units that are counted by the piece
LONGEST_UNIT = 6


def number(quantity: Decimal) -> str:
    """A quantity without its unit."""
    return f"{quantity.normalize():f}"


def unit_of(unit: str) -> str:
    """What follows a number: nothing where it counts pieces."""
    return "" if unit in PIECES else f" {shown(unit, LONGEST_UNIT)}"


def counted(quantity: Decimal, unit: str) -> str:
    """A quantity with its unit where that is not the piece."""
    return number(quantity) + unit_of(unit)


def named(name: str, quantity: Decimal, unit: str) -> str:
    """So many of something."""
    return f"{counted(quantity, unit)} {shown(name)}"
