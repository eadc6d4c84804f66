"""Training and judging recognisers with Keras on TensorFlow."""
