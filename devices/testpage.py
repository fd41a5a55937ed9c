"""The test page: shows which printer it is, what fits on its paper, and which characters it has of its own."""

from dataclasses import replace

from devices import escpos
from devices.paper import Line, Strip
from devices.settings import CODE_PAGES, Encoding
from devices.sheet import Setting, Sheet

CHINESE = "面包 蛋糕 生日快乐"
ACCENTS = "crème, café, à, ü"
CYRILLIC = "торт, хлеб"


def page_bytes(printer: str, number: int, setting: Setting) -> bytes:
    """The test page of a printer as it understands it; `number` tells pages apart that lie on several printers."""
    strips = compose_page(printer, number, setting)
    native = encodings(setting.encoding)[0]
    return escpos.encode(strips, columns=setting.columns, encoding=native, buzzer=setting.buzzer)


def encodings(encoding: Encoding) -> tuple[Encoding, Encoding]:
    """What to write into the settings if line 1 of the test page reads right, and what if only line 2 does."""
    return (encoding if encoding in CODE_PAGES else "gb18030", "raster")


def compose_page(printer: str, number: int, setting: Setting) -> tuple[Strip, ...]:
    """The test page; but for line 1, whatever is not ASCII is drawn, so that every printer can print it."""
    setting = replace(setting, encoding=encodings(setting.encoding)[0])
    say, sheet, columns = setting.say, Sheet(setting), setting.columns
    sheet.text(f"{say('Test page')} {number}", wide=2, high=2, bold=True, inverse=True, center=True, drawn=True)
    sheet.gap(12)
    sheet.text(printer, wide=sheet.large, high=2, bold=True, center=True, drawn=not printer.isascii())
    sheet.text(say("{count} columns").format(count=columns), center=True, drawn=True)
    sheet.strips.append(Line("".join(str(column % 10) for column in range(1, columns + 1))))
    sheet.strips.append(Line("|" + "-" * (columns - 2) + "|"))
    sheet.gap(12)
    sample = {"gb18030": CHINESE, "cp866": CYRILLIC}.get(setting.encoding, ACCENTS)
    sheet.strips.append(Line(f"1: {escpos.legible(sample, setting.encoding)}", sheet.large, 2))
    sheet.text(f"2: {sample}", wide=sheet.large, high=2, drawn=True)
    sheet.text(say("Does line 1 read like line 2?"), drawn=True)
    sheet.gap(12)
    for size in (1, 2, 3, 4):
        sheet.text(f"{size}x{size}", wide=size, high=size)
    sheet.text("Aa 123", bold=True)
    sheet.text("Aa 123", inverse=True)
    sheet.code(f"ovenbell:{printer}:{number}")
    return tuple(sheet.strips)
