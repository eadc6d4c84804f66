"""Labelling recordings with a trained recogniser: no Kedro, no TensorFlow."""
