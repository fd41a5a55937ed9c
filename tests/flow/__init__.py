"""Whole stores, on real parts: mosquitto, TCP printers, ptys, processes, files."""
