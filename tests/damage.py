"""Files that have changed on the disk."""


def flip_bytes(path, place):
    """Turn eight bytes of a file into others, at a share of its length."""
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    data[at : at + 8] = bytes(byte ^ 255 for byte in data[at : at + 8])
    path.write_bytes(data)
