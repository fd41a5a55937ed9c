"""Paper and buttons: printers, keypads and their virtual twins."""
