"""Kedro datasets: they own all reading and writing."""
