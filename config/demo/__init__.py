"""The demo: a bakery's morning on real parts, in one terminal."""
