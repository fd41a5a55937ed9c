"""Whether a printer's letters are those that its store writes: what the settings tell, and what only paper can."""

from collections.abc import Iterator

from config.doctor.line import OK, WARNING, Line
from config.settings import StoreFile
from devices import escpos
from devices.settings import ENCODINGS, Encoding, PrinterSettings
from edge.words import Say

NAMED = 8  # letters that a line names


def examine_letters(printer: PrinterSettings, settings: StoreFile, say: Say) -> Iterator[Line]:
    """Nothing where every printer has what the store writes."""
    part, letters = f"letters {printer.id}", _letters(settings)
    lacking = {encoding: [one for one in letters if escpos.legible(one, encoding) != one] for encoding in ENCODINGS}
    mine, fewest = lacking[printer.encoding], min(map(len, lacking.values()))
    if len(mine) > fewest:
        better: list[Encoding] = [encoding for encoding, lacks in lacking.items() if len(lacks) == fewest]
        found = say(
            'encoding = "{encoding}" lacks {letters}: set {better}, which its test page shows: T in ovenbell setup'
        )
        named = "".join(mine[:NAMED]) + ".." * (len(mine) > NAMED)
        yield Line(WARNING, part, found.format(encoding=printer.encoding, letters=named, better=" | ".join(better)))
    elif printer.encoding != "raster" and letters:
        found = say(
            "line 1 of its test page shows whether it has letters of its own, {encoding}: T in ovenbell setup; "
            'if not, encoding = "raster"'
        )
        yield Line(OK, part, found.format(encoding=printer.encoding))


def _letters(settings: StoreFile) -> list[str]:
    """What the store writes beside ASCII, as far as its settings know: in its own words and names."""
    layout = settings.layout
    names = [
        settings.store.name,
        *(station.name for station in layout.stations.values()),
        *(stage.name for stage in layout.stages.values()),
        *(
            word
            for one in settings.products
            for word in (one.name, *one.sizes, *one.flavours, *one.options, *one.allergens)
        ),
    ]
    return [one for one in dict.fromkeys("".join(names)) if one.isalpha() and not one.isascii()]
