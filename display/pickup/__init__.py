"""The pickup board: the web page of the shop's television, "being made" and "ready" by display id."""
