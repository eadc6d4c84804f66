"""Learns to recognise spoken commands."""

import os

# TensorFlow reads it once, when it is first imported: 2 hides notes on how it was compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
