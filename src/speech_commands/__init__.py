"""Learns to recognise spoken commands."""

import os
import warnings

# TensorFlow reads it once, when it is first imported: 2 hides notes on how it was compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Arrow reads it once, too: what its own allocator keeps beside tables is as large as they are.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

# Only other formats than WAV need ffmpeg; speech_commands.audio.media tells of it where they do.
warnings.filterwarnings("ignore", "Couldn't find ffmpeg", RuntimeWarning)
