"""A step of the wizard: asks one thing, takes the answer into the draft, and can be left out or come back to."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static

from config.setup.draft import Draft
from edge.text import plain


class Choices(OptionList):
    """What can be chosen; Enter takes the step, Space ticks."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", show=False)]

    class Ticked(Message):
        """Space was pressed on a choice."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def action_select(self) -> None:
        """Enter takes the step where there is nothing to choose, too."""
        if self.highlighted is None:
            self.post_message(Step.Taken())
        else:
            super().action_select()

    def action_tick(self) -> None:
        """Tick what is highlighted."""
        if self.highlighted is not None:
            self.post_message(self.Ticked(self.highlighted))


class Step(Vertical):
    """One thing to ask."""

    title: ClassVar[str] = ""
    hint: ClassVar[str] = (
        "Enter: go on   Esc: back   Ctrl+N: leave this step as it is   Ctrl+C: end, nothing is written"
    )

    class Taken(Message):
        """The answer was given."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft, self.say = draft, draft.say

    async def take(self) -> str:
        """Take the answer into the draft; what is wrong with it, empty where it is well."""
        return ""

    def typed(self, name: str) -> str:
        """What stands in a field."""
        return self.query_one(f"#{name}", Input).value.strip()

    def field(self, name: str, label: str, value: object = "", *, secret: bool = False) -> Iterator[Static | Input]:
        """A question with room for its answer."""
        yield Static(Text(label), classes="label")
        yield Input("" if value is None else str(value), id=name, password=secret, select_on_focus=False)

    def tell(self, *lines: str) -> None:
        """Say something below the question."""
        self.query_one("#told", Static).update(Text("\n".join(plain(line) for line in lines)))

    @on(Input.Submitted)
    def _next_field(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, in the last one on."""
        event.stop()
        fields = [*self.query(Input)]
        after = fields[fields.index(event.input) + 1 :]
        if after and not self.is_enough(event.input):
            after[0].focus()
        else:
            self.post_message(self.Taken())

    def is_enough(self, field: Input) -> bool:  # noqa: ARG002 - for those who override it
        """Whether nothing more needs to be asked after this field."""
        return False

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Taken())
