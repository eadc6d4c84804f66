"""Learning from a trained model's probabilities instead of labels alone."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.lazy_tensorflow import keras, tf


class DistillationParams(BaseModel):
    """How much a teacher is believed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher_share: float = Field(ge=0, le=1)
    temperature: float = Field(gt=0)


class Teacher:
    """A trained model that says what the student should have said.

    Hinton et al., "Distilling the Knowledge in a Neural Network" (arXiv 1503.02531). The teacher
    sees the very image that the student sees, after augmentation, as Beyer et al. advise
    ("Knowledge distillation: A good teacher is patient and consistent", arXiv 2106.05237).

    Args:
        model: from images to logits, of the same images and labels as the student.
        params: how much it is believed.
    """

    def __init__(self, model: keras.Model, params: DistillationParams) -> None:
        self._model, self._params = model, params

    def __call__(self, images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Blend targets with the teacher's probabilities.

        Args:
            images: shape (clips, rows, frames, 1), uint8.
            targets: probabilities of the labels, shape (clips, labels), float32.

        Returns:
            Probabilities of the same shape and type.
        """
        logits = tf.cast(self._model(images, training=False), tf.float32)
        share = self._params.teacher_share
        return share * tf.nn.softmax(logits / self._params.temperature) + (1 - share) * targets
