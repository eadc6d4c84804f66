"""Labelling clips that have been rendered and stored."""

from collections.abc import Callable, Sequence

import numpy as np
from more_itertools import batched

from speech_commands.audio.image import decode_png
from speech_commands.audio.spectrogram import Rendering
from speech_commands.recognition.recogniser import Recogniser
from speech_commands.storage.progress import Progress

IMAGES_AT_ONCE = 128
"""Read together; they take little memory, and another store answers many questions at a time."""


def label_images(
    recogniser: Recogniser,
    names: Sequence[str],
    read: Callable[[Sequence[str]], list[bytes]],
    what: str | None = None,
) -> np.ndarray:
    """Label images, and show progress.

    Args:
        recogniser: the recogniser.
        names: of PNG files that show clips as the recogniser wants them.
        read: gives their contents.
        what: is being done, for progress lines; None for none.

    Returns:
        Shape (clips, labels), float32; each row sums to 1.

    Raises:
        ValueError: if an image is damaged or of another size; the message names it.
    """
    progress = Progress(what, len(names)) if what else None
    parts = []
    for some in batched(names, IMAGES_AT_ONCE):
        images = [
            _decode(name, data, recogniser.rendering)
            for name, data in zip(some, read(some), strict=True)
        ]
        parts.append(recogniser.judge_images(np.stack(images)))
        if progress:
            progress.advance(len(some))
    return np.concatenate(parts)


def _decode(name: str, data: bytes, rendering: Rendering) -> np.ndarray:
    try:
        image = decode_png(data)
        if image.shape != (rendering.rows, rendering.frames):
            raise ValueError(
                f"it has {image.shape[0]} rows and {image.shape[1]} columns; expected are "
                f"{rendering.rows} and {rendering.frames}"
            )
    except ValueError as error:
        raise ValueError(
            f"{name} is no whole image ({error}); remove it, and the next run of the stage that "
            "made it makes it again"
        ) from error
    return image
