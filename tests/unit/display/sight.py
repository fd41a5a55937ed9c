"""How colours look: to eyes that mix some of them up, and on terminals that have fewer."""

from collections.abc import Iterable

from rich.color import Color, ColorSystem

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15 (6), 2009, severity 1.0; on linear RGB.
EYES = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
# B. Ottosson, "A perceptual color space for image processing", 2020: linear RGB to cones, their cube roots to Oklab.
CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
# The kernel's own colours, drivers/tty/vt/vt.c: eight grounds, then the bright inks.
VGA = ("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa")
VGA += ("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff")


def distance(one: str, other: str, eyes: str) -> float:
    """How different two colours look to these eyes; in Oklab, where about 0.02 can just be seen."""
    pairs = zip(_oklab(one, eyes), _oklab(other, eyes), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def in_256(color: str) -> str:
    """What a terminal of 256 colours makes of a colour, as over SSH."""
    return Color.parse(color).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex


def in_full(color: str) -> str:
    """What a full-colour terminal makes of it."""
    return color


def _oklab(color: str, eyes: str) -> tuple[float, ...]:
    parts = [part / 255 for part in Color.parse(color).get_truecolor()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    seen = [min(1.0, max(0.0, part)) for part in _times(EYES[eyes], linear)]
    return _times(OKLAB, [part ** (1 / 3) for part in _times(CONES, seen)])


def _times(matrix: Iterable[Iterable[float]], vector: list[float]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
