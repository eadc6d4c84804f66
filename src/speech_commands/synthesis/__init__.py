"""Speech made by text-to-speech engines, and the noise around it."""
