"""Practice: the store's own screens, keypads and printers with simulated orders, and nothing of it is real."""
