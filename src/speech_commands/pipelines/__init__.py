"""One package a pipeline, each with the same four modules."""
