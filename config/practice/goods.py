"""What the store of some settings sells: its products, else what its routes are for, else just something."""

import re
from fnmatch import fnmatchcase

from config.settings import StoreFile
from edge.layout import Layout, Route
from edge.routes import route_for
from edge.settings import ProductSettings
from edge.words import Say

_PARTS = re.compile(r"\*|\?|\[(?P<not>!?)(?P<set>\]?[^\]]*)\]|(?P<plain>.)", re.DOTALL)
STAND_INS = "1aA-"  # for a wildcard


def goods_of(settings: StoreFile, say: Say) -> tuple[ProductSettings, ...]:
    """What practice orders are made of; never nothing."""
    layout = settings.layout
    made_up = (_made_up(layout, route, say) for route in layout.routes)
    return settings.products or tuple(one for one in made_up if one) or (_anything(say),)


def example(match: str) -> str | None:
    """A text that a route's glob matches; none for a glob that matches nothing."""
    text = "".join(_one(part) for part in _PARTS.finditer(match))
    return text if fnmatchcase(text, match) else None


def _one(part: re.Match[str]) -> str:
    if part["plain"]:
        return part["plain"]
    if not part["set"]:
        return STAND_INS[0]
    return next((letter for letter in (*part["set"], *STAND_INS) if fnmatchcase(letter, part[0])), "")


def _letter(part: re.Match[str]) -> str:
    one = _one(part)
    return one if part["plain"] or (part["set"] and one.isalpha()) else " "


def _made_up(layout: Layout, route: Route, say: Say) -> ProductSettings | None:
    """Something that goes this way, called by what of the glob is a word."""
    code = example(route.match)
    word = "".join(map(_letter, _PARTS.finditer(route.match))).strip(" -_./") or "product"
    if code is None or route_for(layout, code, say(word)) != route:
        return None  # nothing goes that way: another route comes before it
    return ProductSettings(code, say(word))


def _anything(say: Say) -> ProductSettings:
    return ProductSettings("practice", say("product"))
