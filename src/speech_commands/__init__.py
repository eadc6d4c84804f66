"""Learns to recognise spoken commands."""

__version__ = "0.1.0"
