"""Dead letters once more: what an older version did not understand is read again, and happens if it is now."""

from typing import NamedTuple

import msgspec

from cloud_bridge.messages import topics_of
from cloud_bridge.reader import Reader
from edge.facts import DeadLetterKept, LetterRead
from edge.intents import KeepLetter, Note
from edge.store import StoreHub


class Reparsed(NamedTuple):
    """How many dead letters were understood now, and how many are left."""

    read: int
    left: int


async def reparse(hub: StoreHub, store: str, merchants: tuple[str, ...] = ()) -> Reparsed:
    """Read every dead letter again, oldest first; can be interrupted and done again."""
    reader = Reader(topics_of(store), hub.journal.id, merchants)
    read = 0
    letters = await hub.journal.letters()
    for seq in letters:
        row = await hub.journal.fact(seq)
        if row is None:
            continue  # pruned meanwhile
        try:
            kept = msgspec.json.decode(row.body, type=DeadLetterKept)
        except (msgspec.MsgspecError, TypeError):  # damaged on the disk
            continue
        if len(kept.payload) < kept.size:
            continue  # only its beginning was kept
        understood = reader.read(kept.topic, kept.payload, row.at)
        if understood is not None and isinstance(understood.intent, KeepLetter):
            continue
        if understood is not None:
            await hub.submit(understood.intent, by="cloud", key=understood.key)
        await hub.submit(Note(LetterRead(seq)), by="cloud")
        read += 1
    return Reparsed(read, len(letters) - read)
