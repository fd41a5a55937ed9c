"""The screen: a Textual app that is a client of the hub's feed."""

import os

# Textual waits for its next frame before it draws, even where the last was long ago; a press need not wait 16 ms for it.
os.environ.setdefault("TEXTUAL_FPS", "240")
