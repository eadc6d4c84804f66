"""Learns to recognise spoken commands."""

import os

__version__ = "0.1.0"

# TensorFlow reads it once, when it is first imported: 2 hides notes on how it was compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
