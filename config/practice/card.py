"""The operator's card: a sheet for the wall of a station: its keypad, one of its cards, five things to know."""

import string
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len

from config.assembly import zone_of
from config.practice.customers import route_of
from config.practice.drawing import CELL, ROW, draw_keys, draw_rows
from config.practice.goods import goods_of
from config.practice.keys import Keys, keys_of
from config.settings import StoreFile
from display.age import Age, pace, read
from display.face import BANDS, Face
from display.manner import Manner
from display.palette import MARKS
from edge.info import Keypad
from edge.orders import Bakery, ItemId, Moment, OrderId, OrderState, StageId, StationId, Word
from edge.views import Card, CardItem, Next
from edge.words import Say, speak

COLUMNS, ROWS = 38, 13  # cells of the card in the picture
NUMBER = 3  # of the card in the picture
MARGIN = 44  # beside it, for the marks
DIGITS = 9
LEAST, MOST, FITTING = 6.0, 13.0, 18  # millimetres, and the cells of a name that fit at the most
MARKED = tuple((word.value.upper(), colors) for word, colors in MARKS.items() if word is not Word.RECALLED)


class Mark(NamedTuple):
    """A letter beside the picture, the row it points at, and what is to be said of that."""

    row: int
    words: str
    left: bool = False


def write_cards(settings: StoreFile, directory: Path) -> list[Path]:
    """Write a page for each station; where they are."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for station in settings.layout.stations:
        file = directory / f"{station}.html"
        file.write_text(operator_card(settings, station), encoding="utf-8")
        written.append(file)
    return written


def operator_card(settings: StoreFile, station: StationId) -> str:
    """The page of one station: HTML that needs nothing beside itself."""
    say = speak(settings.store.language)
    keys = keys_of(station, settings.keypads)
    name = settings.layout.stations[station].name
    store = settings.store.name or settings.store.id
    style = files("config.practice").joinpath("card.css").read_text(encoding="utf-8")
    height = max(LEAST, min(MOST, MOST * FITTING / cell_len(name)))  # a long name leaves room for the rest
    title = say("{station}: operator's card").format(station=name)
    pad = keys.picture
    heading = say("the keypad") if pad else say("the keyboard")
    picture, legend = _screen(settings, station, say)
    return f"""<!doctype html>
<html lang="{"zh-CN" if settings.store.language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1 style="font-size:{height:.1f}mm">{escape(name)}</h1>
<p>{escape(store)}<br>{escape(say("operator's card"))}</p>
</header>
<h2>{escape(heading)}</h2>
{draw_keys(pad or _keyboard(settings, keys), say)}
<h2>{escape(say("a card on the screen"))}</h2>
<div class="both">
{picture}
<dl>{legend}</dl>
</div>
<h2>{escape(say("five things to know"))}</h2>
<ol>
{"".join(f"<li>{one}</li>" for one in _five(settings, keys, say))}
</ol>
<footer>{escape(say("made from the store's settings by ovenbell practice"))}</footer>
</body>
</html>
"""


def _keyboard(settings: StoreFile, keys: Keys) -> Keypad:
    """The keys of a screen's keyboard, where the station has no keypad."""
    numbers = range(1, min(DIGITS, settings.layout.stations[keys.station].slots) + 1)
    bumps = {keys.bump(number).keyboard: f"bump {number}" for number in numbers}
    others = {"r": "recall", "a": "acknowledge", "p": "reprint", "PgDn": "page next"}
    return Keypad("keyboard", keys.station, bumps | others)


# --- the picture of a card --------------------------------------------------------------------------------------------


def _screen(settings: StoreFile, station: StationId, say: Say) -> tuple[str, str]:
    """A card as the screen shows it with letters beside it, and what the letters stand for."""
    zone = zone_of(settings)
    noon = datetime(2026, 11, 22, 12, tzinfo=zone)  # any time does
    card = _example(settings, station, say, noon)
    face = Face(
        card=card,
        position=NUMBER,
        width=COLUMNS,
        height=ROWS,
        manner=Manner(say, zone),
        now=noon.timestamp(),
    )
    reading = read(pace(card), noon.timestamp())
    strips = [*face.head(reading), *face.body(), face.foot(reading)]
    texts = [strip.text for strip in strips]
    item = next(row for row, text in enumerate(texts) if card.items[0].name[:6] in text)
    marks = [
        Mark(2, say("its number: the key to press"), left=True),
        Mark(0, say("what the order is called")),
        Mark(1, say("when it is due, and how it stands in time")),
        Mark(
            next((row for row, text in enumerate(texts) if say("ALLERGENS") in text), item),
            say("what somebody must not eat"),
        ),
        Mark(item, say("what is to be made")),
        Mark(len(strips) - 1, say("what the next press will do")),
    ]
    width, height = COLUMNS * CELL, len(strips) * ROW
    letters = "".join(_letter(letter, mark) for letter, mark in zip(string.ascii_uppercase, marks, strict=False))
    picture = (
        f'<svg class="screen" viewBox="{-MARGIN} -2 {width + 2 * MARGIN} {height + 4}" role="img">'
        f"{''.join(draw_rows(strips))}{letters}</svg>"
    )
    legend = (
        f"<dt>{letter}</dt><dd>{escape(mark.words)}</dd>"
        for letter, mark in zip(string.ascii_uppercase, marks, strict=False)
    )
    return picture, "".join(legend)


def _letter(letter: str, mark: Mark) -> str:
    y = mark.row * ROW + ROW // 2
    near, far, middle = (0, -16, -28) if mark.left else (0, 16, 28)
    edge = 0 if mark.left else COLUMNS * CELL
    return (
        f'<g class="mark"><line x1="{edge + near}" y1="{y}" x2="{edge + far}" y2="{y}"/>'
        f'<circle cx="{edge + middle}" cy="{y}" r="9"/><text x="{edge + middle}" y="{y + 4.5}">{letter}</text></g>'
    )


def _example(settings: StoreFile, station: StationId, say: Say, noon: datetime) -> Card:
    """A card as it would stand there, of what the store sells; of nobody's order."""
    layout = settings.layout
    here = layout.stations[station].stages
    goods = goods_of(settings, say)
    passing = [one for one in goods if set(route_of(layout, one).stages) & set(here)]
    product = next((one for one in passing if one.cake_text), (passing or goods)[0])
    own = [stage for stage in route_of(layout, product).stages if stage in here]
    stage = layout.stage(own[0] if own else here[0] if here else StageId("making"))
    name = stage.name or stage.id
    starts = stage.presses > 1
    item = CardItem(
        item=ItemId("1"),
        name=product.name,
        quantity=Decimal(2),
        stage=stage.id,
        stage_name=name,
        moment=Moment.WAITING if starts else Moment.STARTED,
        since=noon - timedelta(minutes=4),
        unit=product.unit,
        min_minutes=None,
        max_minutes=stage.max_minutes,
        bakery=Bakery(
            cake_text=say("Happy birthday!") if product.cake_text else None,
            allergens=product.allergens or (say("egg"), say("milk")),
        ),
    )
    return Card(
        slot=NUMBER,
        order=OrderId("example"),
        display_id=say("P{number}").format(number=7),
        state=OrderState.OPEN,
        due=noon + timedelta(minutes=40),
        priority=0,
        channel="",
        customer="",
        note="",
        marks=(),
        next=Next(stage.id, name, Moment.STARTED if starts else Moment.FINISHED),
        items=(item,),
        since=noon - timedelta(minutes=4),
    )


# --- the five things ------------------------------------------------------------------------------------------------


def _five(settings: StoreFile, keys: Keys, say: Say) -> Iterator[str]:
    """What to know, as HTML."""
    grace = settings.layout.grace
    yield _keyed(
        say("Press the number of a card: that is its next step. Look at the screen: did it do what you meant?")
    )
    back = say("Wrong press? {key} takes it back.")
    within = say("Within {seconds} s nobody outside hears of it.").format(seconds=round(grace)) if grace >= 1 else ""
    yield f"{_keyed(back, keys.recall().key)} {escape(within)}"
    words = "".join(f" {_word(say(word), *colors)}" for word, colors in MARKED)
    seen = say("{key} says that you have read what is new there:")
    yield _keyed(seen, keys.acknowledge(NUMBER).key) + words
    meanings = {
        Age.EARLY: say("do not touch it yet"),
        Age.ON_TIME: say("nothing is urgent"),
        Age.SOON: say("do it now"),
        Age.LATE: say("do it first"),
    }
    ages = (f"{_word(say(age.value), *BANDS[age])} {escape(means)}" for age, means in meanings.items())
    yield f"{_keyed(say('Every colour has its word:'))} {'&ensp;'.join(ages)}"
    cut = " ".join(_word(word, *BANDS[Age.LATE]) for word in (say("CUT OFF"), say("OLD")))
    yield _keyed(say("When the screen says this, do not work from it: go by the paper.")) + f" {cut}"


def _keyed(text: str, key: str = "") -> str:
    """A text with its key."""
    return escape(text).replace("{key}", f"<kbd>{escape(key)}</kbd>")


def _word(word: str, color: str, ground: str) -> str:
    return f'<b class="word" style="color:{color};background:{ground}">{escape(word)}</b>'
