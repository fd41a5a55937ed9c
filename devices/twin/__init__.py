"""Virtual twins: real peers over TCP or a pty that stand where a printer or a keypad will."""
