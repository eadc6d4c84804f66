"""What the recordings are: where clips lie, who speaks, which split they belong to."""
