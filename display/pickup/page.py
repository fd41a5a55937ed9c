"""The page of the pickup board as it is sent: its words, its looks, its script, and the version they make."""

import hashlib
from html import escape
from pathlib import Path
from string import Template

import msgspec

from display.pickup.settings import PickupSettings
from edge.settings import StoreSettings
from edge.text import plain
from edge.words import speak

HERE = Path(__file__).parent
SOUND_FLAG = "--autoplay-policy=no-user-gesture-required"  # lets Chromium ring before anybody has touched it


class Page(msgspec.Struct, frozen=True):
    """Three files, and the name of exactly these: a page of another version loads itself anew."""

    html: str
    style: str
    script: str
    version: str


def make_page(settings: PickupSettings, store: StoreSettings) -> Page:
    """The page of a store, in its language."""
    say = speak(store.language)
    words = {
        "language": store.language,
        "title": plain(settings.title or store.name or store.id),
        "chime": "on" if settings.chime else "off",
        "making": say("Being made"),
        "ready": say("Ready"),
        "more": say("+{count} more"),
        "old": say("OUT OF DATE: please ask at the counter"),
        "cut": say("cut off from the hub"),
        "seconds": say("{seconds} s"),
        "minutes": say("{minutes} min"),
        "silent": say("The sound is off. Touch the screen once, or start the browser with {flag}").format(
            flag=SOUND_FLAG
        ),
        "mute": say("This browser cannot play the chime"),
        "unable": say("This browser cannot show the pickup board: it needs JavaScript and EventSource"),
    }
    template = Template(_read("page.html"))
    style, script = _read("page.css"), _read("page.js")
    fields = {name: escape(text) for name, text in words.items()}
    content = "\0".join((template.substitute(fields, version=""), style, script))
    version = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Page(template.substitute(fields, version=version), style, script, version)


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
