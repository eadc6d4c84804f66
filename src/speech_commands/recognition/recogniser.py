"""A recogniser that LiteRT runs."""

import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from speech_commands.audio.spectrogram import Rendering, render
from speech_commands.labels import Labels
from speech_commands.storage.lite_file import decode_lite

CLIPS_AT_ONCE = 16
"""More make the network no faster, and take more memory."""


class Recogniser:
    """Gives clips probabilities for labels.

    Args:
        data: the content of a `.tflite` file that this project has made.
        name: what the file is called, for errors.
        threads: that the network computes with; None for one a core that this process may use.

    Attributes:
        labels: what it chooses from.
        rendering: how it looks at clips.

    Raises:
        ValueError: if it is not such a file; the message names it.
    """

    def __init__(self, data: bytes, name: str, threads: int | None = None) -> None:
        model = decode_lite(data, name)
        try:
            self.labels = Labels(**model.notes["labels"])
            self.rendering = Rendering(**model.notes["rendering"])
            self._interpreter = Interpreter(
                model_content=model.flatbuffer, num_threads=threads or _cores()
            )
            (image,) = self._interpreter.get_input_details()
            (logits,) = self._interpreter.get_output_details()
        except (KeyError, TypeError, ValueError) as error:
            raise _refusal(name, error) from error
        self._image, self._logits = image["index"], logits["index"]
        found = tuple(map(int, (*image["shape_signature"][1:], *logits["shape_signature"][1:])))
        expected = (self.rendering.rows, self.rendering.frames, 1, len(self.labels.names))
        if found != expected:
            raise ValueError(
                f"{name} maps images of rows, frames, channels to labels as {found}, and its notes "
                f"say {expected}"
            )
        self._clips = 0
        try:
            self._make_room(1)
        except RuntimeError as error:  # operations that LiteRT does not have, or that do not fit
            raise _refusal(name, error) from error

    def probabilities(self, waveforms: np.ndarray) -> np.ndarray:
        """Tell how probable each label is.

        Args:
            waveforms: shape (clips, clip samples), float32, full scale at 1.

        Returns:
            Shape (clips, labels), float32; each row sums to 1.

        Raises:
            ValueError: if the waveforms' shape is another.
        """
        return self.judge_images(render(waveforms, self.rendering))

    def judge_images(self, images: np.ndarray) -> np.ndarray:
        """Tell how probable each label is for clips that have been rendered.

        Args:
            images: shape (clips, rows, frames), uint8.

        Returns:
            Shape (clips, labels), float32; each row sums to 1.
        """
        parts = [np.zeros((0, len(self.labels.names)), np.float32)]
        for start in range(0, len(images), CLIPS_AT_ONCE):
            few = images[start : start + CLIPS_AT_ONCE, ..., None]
            self._make_room(len(few))
            self._interpreter.set_tensor(self._image, few)
            self._interpreter.invoke()
            parts.append(_softmax(self._interpreter.get_tensor(self._logits)))
        return np.concatenate(parts)

    def _make_room(self, clips: int) -> None:
        if clips != self._clips:
            shape = (clips, self.rendering.rows, self.rendering.frames, 1)
            self._interpreter.resize_tensor_input(self._image, shape)
            self._interpreter.allocate_tensors()
            self._clips = clips


def _refusal(name: str, error: Exception) -> ValueError:
    return ValueError(f"{name} is not a whole recogniser of this project: {error}")


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
