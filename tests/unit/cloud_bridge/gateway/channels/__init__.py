"""The cloud's end, on a real broker."""
