"""What makes the files that are kept with the code."""
