"""One package a pipeline, with its nodes, their wiring and their parameters."""
