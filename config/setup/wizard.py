"""The wizard: one step after the other, back at any time; the file is written in the last one, whole, or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from config.checks import WrongSettings, read_toml
from config.settings import StoreFile
from config.setup.draft import Draft
from config.setup.keypads import KeypadStep
from config.setup.printers import PrinterStep
from config.setup.step import Step
from config.setup.steps import BakeryStep, BoardStep, CloudStep, LanguageStep, StoreStep, WriteStep
from display.palette import BLACK, CYAN, FAINT, RED, SHADE, SURFACE, THEME, WHITE, ink
from edge.shapes import MISSING, sift
from edge.text import plain

STEPS: tuple[type[Step], ...] = (
    LanguageStep, StoreStep, CloudStep, BakeryStep, PrinterStep, KeypadStep, BoardStep, WriteStep,
)  # fmt: skip


class Wizard(App[bool]):
    """Ends with whether the file was written."""

    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Screen {{ background: {BLACK}; color: {WHITE}; }}
    #where, #hint {{ height: 1; background: {SURFACE}; }}
    #hint {{ color: {FAINT}; }}
    #trouble {{ color: {RED}; height: auto; max-height: 8; }}
    #place {{ height: 1fr; padding: 1 2; }}
    Step {{ height: 1fr; }}
    #told {{ height: auto; margin-top: 1; color: {CYAN}; }}
    Choices {{ height: auto; max-height: 12; background: {BLACK}; border: none; }}
    Input, Input:focus {{ height: 1; border: none; padding: 0; margin-bottom: 1; background: {SURFACE}; }}
    Input:focus {{ background: {SHADE}; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False, priority=True),
        Binding("ctrl+n", "pass", show=False, priority=True),
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft, self.at = draft, 0
        self._taking = False

    def compose(self) -> Iterator[Widget]:
        """Where one is, the step, what is wrong, what can be pressed."""
        yield Static(id="where")
        yield Vertical(id="place")
        yield Static(id="trouble")
        yield Static(id="hint")

    async def on_mount(self) -> None:
        """Begin."""
        self.register_theme(THEME)
        self.theme = THEME.name
        await self._show()

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.query_one(Step)

    async def _show(self) -> None:
        place, say = self.query_one("#place"), self.draft.say
        await place.remove_children()
        step = STEPS[self.at](self.draft)
        await place.mount(step)
        titles = [(f" {number} {say(one.title)} ", number - 1 == self.at) for number, one in enumerate(STEPS, 1)]
        marked = ink(BLACK, CYAN, bold=True)
        self.query_one("#where", Static).update(
            Text.assemble(*((title, marked) if here else title for title, here in titles))
        )
        self.query_one("#hint", Static).update(Text(say(step.hint)))
        self._complain("")
        if self.focused is None or not self.focused.is_attached:
            for widget in step.query("Choices, Input, StationsView, VerticalScroll"):
                widget.focus()
                break

    def _complain(self, trouble: str) -> None:
        self.query_one("#trouble", Static).update(Text("\n".join(plain(line) for line in trouble.splitlines())))

    @on(Step.Taken)
    def _taken(self) -> None:
        if not self._taking:
            self._taking = True
            self._take()

    @work
    async def _take(self) -> None:
        try:
            trouble = await self.step.take()
            self._complain(trouble)
            if not trouble:
                await self._go(self.at + 1)
        finally:
            self._taking = False

    async def _go(self, at: int) -> None:
        if at in range(len(STEPS)):
            self.at = at
            await self._show()
        else:
            self.exit(at > 0)

    async def action_back(self) -> None:
        """One step back; from the first one, leave."""
        if not self._taking:
            await self._go(self.at - 1)

    async def action_pass(self) -> None:
        """Leave a step as it is; the last one would be to write nothing."""
        if not self._taking and self.at < len(STEPS) - 1:
            await self._go(self.at + 1)

    def action_leave(self) -> None:
        """End, with nothing written."""
        self.exit(False)


def draft_of(file: Path) -> Draft:
    """What there is to begin with: the file, or nothing; raises WrongSettings where it is not like a store.toml."""
    tree = read_toml(file, new=True)
    _, mistakes = sift(tree, StoreFile, strict=True)
    if strange := [str(mistake) for mistake in mistakes if mistake.expected != MISSING]:
        raise WrongSettings(file, strange)
    return Draft(file, tree)


def run_wizard(file: Path) -> bool:
    """Ask in this terminal; whether the file was written."""
    return Wizard(draft_of(file)).run() or False
