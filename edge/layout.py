"""The store as the rules see it: stages, stations, routes and what is printed when."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.orders import Record, StageId, StationId

KITCHEN = StationId("kitchen")  # works every stage that no configured station works
MAKING = StageId("making")  # the whole route of an item that no route matches

Stages = Annotated[tuple[Annotated[StageId, Meta(min_length=1)], ...], Meta(min_length=1, max_length=50)]
Minutes = Annotated[int, Meta(ge=0, le=60 * 24 * 30)]
PrintOn = Literal["released", "arrived", "ready", "labels"]


class PhoneShown(StrEnum):
    """How much of a customer's phone number screens, paper and exports show."""

    LAST4 = "last4"
    FULL = "full"
    NONE = "none"

    def of(self, phone: str) -> str:
        """As much of a phone number as people may see."""
        match self:
            case PhoneShown.FULL:
                return phone
            case PhoneShown.LAST4:
                return phone[-4:]
            case PhoneShown.NONE:
                return ""


class Stage(Record, frozen=True):
    """A step of making; presses = 2 tells started and finished apart, 1 is finished by its only press."""

    id: StageId
    name: str = ""
    presses: int = 1
    min_minutes: int | None = None
    max_minutes: int | None = None


class Station(Record, frozen=True):
    """A place where stages are worked; its slots are the numbers of one page."""

    id: StationId
    name: str
    stages: tuple[StageId, ...]
    slots: int = 12


class Route(msgspec.Struct, frozen=True):
    """One `[[routes]]` of store.toml: the stages of every item whose code or name matches a glob; the first wins."""

    match: Annotated[str, Meta(min_length=1, max_length=200)]
    stages: Stages
    lead_minutes: Minutes = 0


class PrintRule(Record, frozen=True):
    """What one printer wants to print, and when."""

    printer: str
    stations: tuple[StationId, ...]
    on: PrintOn = "released"


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the rules take from the settings; build it with `lay_out`."""

    stages: dict[StageId, Stage]
    stations: dict[StationId, Station]
    routes: tuple[Route, ...]
    printing: tuple[PrintRule, ...]
    owners: dict[StageId, StationId]
    grace: float
    stale: float
    close_after: float
    phone: PhoneShown
    confirm_allergens: bool  # an order with allergens is acknowledged before its first press
    products: dict[str, str]  # names by code
    cloud: bool  # without a cloud there is nobody to send updates to

    @property
    def rest(self) -> float:
        """Seconds a freed number rests before it is given again."""
        return max(5.0, self.grace)

    def stage(self, stage_id: StageId) -> Stage:
        """The stage of that id; one not in the settings has presses = 1."""
        return self.stages.get(stage_id) or Stage(id=stage_id)

    def station_of(self, stage_id: StageId) -> StationId:
        """The one station that works a stage."""
        owner = self.owners.get(stage_id)
        if owner is not None:
            return owner
        return KITCHEN if KITCHEN in self.stations else self.owners[MAKING]


def lay_out(
    *,
    stages: tuple[Stage, ...] = (),
    stations: tuple[Station, ...] = (),
    routes: tuple[Route, ...] = (),
    printing: tuple[PrintRule, ...] = (),
    kitchen_name: str = "kitchen",
    grace: float = 5.0,
    stale: float = 24 * 3600.0,
    close_after: float = 12 * 3600.0,
    phone: PhoneShown = PhoneShown.LAST4,
    confirm_allergens: bool = False,
    products: dict[str, str] | None = None,
    cloud: bool = True,
) -> Layout:
    """Put the parts together, with a station `kitchen` for every stage that no station works."""
    owners = {stage: station.id for station in stations for stage in station.stages}
    orphans = tuple(
        stage
        for stage in dict.fromkeys([*(stage for route in routes for stage in route.stages), MAKING])
        if stage not in owners
    )
    by_id = {station.id: station for station in stations}
    if orphans:
        kitchen = by_id.get(KITCHEN) or Station(id=KITCHEN, name=kitchen_name, stages=())
        by_id[KITCHEN] = msgspec.structs.replace(kitchen, stages=(*kitchen.stages, *orphans))
        owners |= dict.fromkeys(orphans, KITCHEN)
    everywhere = tuple(by_id)
    return Layout(
        stages={stage.id: stage for stage in stages},
        stations=by_id,
        routes=routes,
        printing=tuple(
            rule if rule.stations else msgspec.structs.replace(rule, stations=everywhere) for rule in printing
        ),
        owners=owners,
        grace=grace,
        stale=stale,
        close_after=close_after,
        phone=phone,
        confirm_allergens=confirm_allergens,
        products=products or {},
        cloud=cloud,
    )
