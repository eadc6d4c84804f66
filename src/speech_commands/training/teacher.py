"""Learning from a trained model's probabilities instead of labels alone."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.lazy_tensorflow import keras, tf


class DistillationParams(BaseModel):
    """How much teachers are believed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher_share: float = Field(ge=0, le=1)


class Teacher:
    """Trained models that say what the student should have said.

    Hinton et al., "Distilling the Knowledge in a Neural Network" (arXiv 1503.02531), section 2 at a
    temperature of 1, and 5 for the mean of several teachers. They see the very image that the
    student sees, after augmentation, as Beyer et al. advise ("Knowledge distillation: A good
    teacher is patient and consistent", arXiv 2106.05237).

    Args:
        models: at least one, from images to logits, of the same images and labels as the student.
        params: how much they are believed.
    """

    def __init__(self, models: Sequence[keras.Model], params: DistillationParams) -> None:
        self._models, self._params = models, params

    def __call__(self, images: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Blend targets with the mean of the teachers' probabilities.

        Args:
            images: shape (clips, rows, frames, 1), uint8.
            targets: probabilities of the labels, shape (clips, labels), float32.

        Returns:
            Probabilities of the same shape and type.
        """
        said = [
            tf.nn.softmax(tf.cast(model(images, training=False), tf.float32))
            for model in self._models
        ]
        share = self._params.teacher_share
        return share * tf.add_n(said) / len(said) + (1 - share) * targets
