"""The words: what people read, in the language of the store (gettext catalogues, one folder a language)."""

import gettext
from collections.abc import Callable
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
Say = Callable[[str], str]

LOCALES = Path(__file__).parent


def speak(language: Language) -> Say:
    """The words of a language; English is the language of the source."""
    return gettext.translation("ovenbell", LOCALES, languages=[language], fallback=True).gettext
