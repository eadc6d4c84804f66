"""Learns to recognise spoken commands."""

import os
import warnings

# TensorFlow reads it once, when it is first imported: 2 hides notes on how it was compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Only other formats than WAV need ffmpeg; speech_commands.audio.media tells of it where they do.
warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)
