"""The screen: a Textual app that is a client of the hub's feed."""

import os

# Textual draws at most so often in a second: what is pressed just after a frame need not wait 16 ms for the next.
os.environ.setdefault("TEXTUAL_FPS", "240")
