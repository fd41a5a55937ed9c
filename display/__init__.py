"""The screen: a Textual app that is a client of the hub's feed."""
