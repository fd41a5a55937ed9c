"""Frames: cuts what a serial device sends into keys or codes."""

from devices.settings import Framing

LONGEST = 256  # bytes, of a code on a ticket 200; more without an end is noise
STX, ETX, LINE_ENDS = 0x02, 0x03, b"\r\n"


def framed(key: bytes, framing: Framing) -> bytes:
    """A key as a device sends it."""
    return {"line": key + b"\r", "stx-etx": bytes([STX]) + key + bytes([ETX])}.get(framing, key)


class Frames:
    """One for each time that a device is plugged in: what was begun before is not gone on with."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._ends = LINE_ENDS if framing == "line" else bytes([ETX])
        self._key = bytearray()
        self._inside = framing == "line"  # a line begins by itself, a frame with STX

    def feed(self, data: bytes) -> list[bytes]:
        """The keys that are complete with these bytes."""
        if self._framing == "byte":
            return [bytes([byte]) for byte in data]
        keys = []
        for byte in data:
            if byte in self._ends:
                if self._inside and self._key:
                    keys.append(bytes(self._key))
                self._begin(inside=self._framing == "line")
            elif byte == STX and self._framing == "stx-etx":
                self._begin(inside=True)
            elif self._inside:
                self._key.append(byte)
                if len(self._key) > LONGEST:
                    self._begin(inside=False)
        return keys

    def _begin(self, *, inside: bool) -> None:
        self._key.clear()
        self._inside = inside
