"""A look at the board before there is one: the store's stations with orders that nobody made."""

from msgspec.structs import replace

from config.assembly import zone_of
from config.practice.customers import Customers
from config.practice.goods import goods_of
from config.settings import StoreFile
from display.manner import Manner
from display.view import Scene
from edge.apply import apply
from edge.board import Board
from edge.cards import show_board, show_status
from edge.decide import decide
from edge.facts import Fact, Happened
from edge.intents import Bump, Intent, Refused
from edge.vitals import Vitals
from edge.words import speak

ORDERS = 6


def board_of(settings: StoreFile, now: float) -> Scene:
    """What a screen of the store will show on some morning."""
    say = speak(settings.store.language)
    board = Board(replace(settings.layout, cloud=False))
    goods = goods_of(settings, say)
    customers = Customers(board.layout, goods, say)
    draft = board.draft()
    for number in range(ORDERS):
        presses = board.layout.stations if number == ORDERS // 2 else ()
        intents: list[Intent] = [
            customers.order(now, (goods[number % len(goods)],)),
            *(Bump(one, 1) for one in presses),
        ]
        for intent in intents:
            try:
                for what in decide(draft, intent, now):
                    fact: Fact[Happened] = Fact(draft.counters.seq + 1, now, "setup", None, what)
                    apply(draft, fact)
            except Refused:
                continue  # nothing stands there yet
    draft.merge()
    view = show_board(board, "setup", now, show_status(board, Vitals(), ""))
    return Scene(view, Manner(say, zone_of(settings)), settings.info)
