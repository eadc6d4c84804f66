"""Archives of recordings: 7z, tar, or a plain folder, all read in the same way."""
