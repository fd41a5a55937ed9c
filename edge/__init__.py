"""The ground of the house: orders, routes, the board and its rules, the journal, the hub loop, the feed, the words."""
