"""The manner in which a display speaks: its language, its clock's zone, and whether what it shows is live."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rich.style import Style

from display.palette import FAINT, SHADE, SURFACE, ink
from edge.words import Say

HOURS = 100  # minutes from which on hours say more


@dataclass(frozen=True)
class Manner:
    """How cards and lines speak."""

    say: Say
    zone: tzinfo
    live: bool = True

    def ink(self, color: str, ground: str = SURFACE, *, bold: bool = False, strike: bool = False) -> Style:
        """A style; of a board that is not live only shades are left."""
        if not self.live:
            color, ground, bold = FAINT, SURFACE if ground == SURFACE else SHADE, False
        return ink(color, ground, bold=bold, strike=strike)

    def clock(self, moment: datetime, now: float) -> str:
        """The time of day, with the date where it is not today's."""
        local = moment.astimezone(self.zone)
        today = datetime.fromtimestamp(now, UTC).astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%m-%d %H:%M}"

    def span(self, minutes: int) -> str:
        """A time span in whole minutes, and in hours where it is long."""
        if minutes < HOURS:
            return self.say("{minutes} min").format(minutes=minutes)
        return self.say("{hours} h").format(hours=minutes // 60)
