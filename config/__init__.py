"""The roof: settings, assembly, the command."""
