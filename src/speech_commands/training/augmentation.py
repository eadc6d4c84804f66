"""Random changes of spectrogram images, made anew each time a clip is trained on.

Everything is computed on the stored 8-bit images, so that they stay the only input of training.
Grey is linear in decibels, and that gives physical changes a simple form: gain is a sum, and a
background is added by adding powers.
"""

from __future__ import annotations

import math
from itertools import count

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.audio.spectrogram import WHITE, Rendering
from speech_commands.interpolation import interpolation, pixel_places
from speech_commands.lazy_tensorflow import tf
from speech_commands.training.hardware import on_the_host

DB_PER_NEPER = 10 / math.log(10)

EARLIEST_SPLICE, LATEST_SPLICE = 0.4, 0.6
"""Where the start of one word ends and the end of another begins, of a clip: about the middle, so
that something is heard of both."""


class Reverberation(BaseModel):
    """The rooms that clips are put into."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    probability: float = Field(ge=0, le=1)
    shortest_rt60_ms: float = Field(gt=0)
    longest_rt60_ms: float
    lowest_drr_db: float
    highest_drr_db: float

    @model_validator(mode="after")
    def _consistent(self) -> Reverberation:
        for low, high in (
            ("shortest_rt60_ms", "longest_rt60_ms"),
            ("lowest_drr_db", "highest_drr_db"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} ({getattr(self, low):g}) is above {high} ({getattr(self, high):g})"
                )
        return self


class AugmentationParams(BaseModel):
    """How much clips are changed. Probabilities and shares are of 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    longest_shift_ms: float = Field(ge=0)
    largest_stretch: float = Field(ge=0, lt=1)
    largest_frequency_scaling: float = Field(ge=0, lt=1)
    largest_gain_db: float = Field(ge=0)
    reverberation: Reverberation | None
    noise_probability: float = Field(ge=0, le=1)
    lowest_snr_db: float
    highest_snr_db: float
    time_masks: int = Field(ge=0)
    longest_time_mask_ms: float = Field(ge=0)
    frequency_masks: int = Field(ge=0)
    widest_frequency_mask: float = Field(ge=0, le=1)
    splice_probability: float = Field(ge=0, le=1)
    reverse_probability: float = Field(ge=0, le=1)
    mixup_probability: float = Field(ge=0, le=1)
    mixup_alpha: float = Field(gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> AugmentationParams:
        if self.lowest_snr_db > self.highest_snr_db:
            raise ValueError(
                f"lowest_snr_db ({self.lowest_snr_db:g}) is above highest_snr_db "
                f"({self.highest_snr_db:g})"
            )
        masked = self.frequency_masks * self.widest_frequency_mask
        if masked >= 1:
            raise ValueError(
                f"frequency_masks x widest_frequency_mask is {masked:g}; less than 1, all rows, is "
                "allowed"
            )
        return self

    def expect_shorter_than(self, clip_ms: float) -> None:
        """Make sure that something of a clip is left.

        Raises:
            ValueError: if it may be shifted out of sight, or masked from end to end.
        """
        for name, value in (
            ("longest_shift_ms", self.longest_shift_ms),
            ("time_masks x longest_time_mask_ms", self.time_masks * self.longest_time_mask_ms),
        ):
            if value >= clip_ms:
                raise ValueError(
                    f"model_training.training.augmentation.{name} is {value:g}; less than a clip, "
                    f"{clip_ms:g} ms, is allowed"
                )


class Augmentation:
    """Changes batches of images; what it does depends on seed and step alone.

    Args:
        params: how much is changed.
        rendering: what the pixels stand for.
        backgrounds: images to add as background, shape (images, rows, frames, 1), uint8.
        silence: the index of the label silence.
        unknown: the index of the label unknown.
        seed: of all random numbers.
    """

    def __init__(
        self,
        params: AugmentationParams,
        rendering: Rendering,
        backgrounds: np.ndarray,
        silence: int,
        unknown: int,
        seed: int,
    ) -> None:
        self._params, self._rendering = params, rendering
        with on_the_host():
            self._backgrounds = tf.constant(backgrounds[..., 0])
        self._silence, self._unknown, self._seed = silence, unknown, seed

    def __call__(
        self, step: tf.Tensor, images: tf.Tensor, targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Change a batch.

        Args:
            step: scalar, int64; which random numbers to take.
            images: shape (clips, rows, frames, 1), uint8.
            targets: probabilities of the labels, shape (clips, labels), float32.

        Returns:
            Images and targets of the same shapes and types.
        """
        draw = _Draw(self._seed, step, tf.shape(images)[0])
        pixels, targets = self._make_unknown(draw, images[..., 0], targets)
        level_db = self._warp(draw, self._to_db(pixels))
        level_db += draw.uniform(-self._params.largest_gain_db, self._params.largest_gain_db)
        power = self._reverberate(draw, _power(level_db))
        power = self._add_background(draw, power)
        level_db = self._mask(draw, DB_PER_NEPER * tf.math.log(power))
        level_db, targets = self._mix(draw, level_db, targets)
        grey = (level_db - self._rendering.floor_db) / self._rendering.db_per_grey
        pixels = tf.cast(tf.clip_by_value(tf.round(grey), 0, WHITE), tf.uint8)
        return pixels[..., None], targets

    def _to_db(self, pixels: tf.Tensor) -> tf.Tensor:
        return tf.cast(pixels, tf.float32) * self._rendering.db_per_grey + self._rendering.floor_db

    def _make_unknown(
        self, draw: _Draw, pixels: tf.Tensor, targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Turn some clips into words never heard: reversed, or the start of one and end of another.

        Silence stays silence when it is reversed; a splice is made of two different labels.
        """
        params = self._params
        if not params.splice_probability and not params.reverse_probability:
            return pixels, targets
        frames = tf.shape(pixels)[2]
        partner_pixels, partner_targets = draw.partner(pixels), draw.partner(targets)
        silent = (targets + partner_targets)[:, self._silence] > 0
        other = tf.argmax(targets, 1) != tf.argmax(partner_targets, 1)
        spliced = draw.chance(params.splice_probability) & other & ~silent
        middle = tf.cast(frames, tf.float32) * draw.uniform(EARLIEST_SPLICE, LATEST_SPLICE)
        late = tf.cast(tf.range(frames), tf.float32)[None, None, :] >= middle
        pixels = tf.where(_by_clip(spliced) & late, partner_pixels, pixels)
        backwards = draw.chance(params.reverse_probability)
        pixels = tf.where(_by_clip(backwards), tf.reverse(pixels, [2]), pixels)
        changed = spliced | (backwards & (targets[:, self._silence] == 0))
        unknown = tf.one_hot(self._unknown, tf.shape(targets)[1])
        return pixels, tf.where(changed[:, None], unknown, targets)

    def _warp(self, draw: _Draw, level_db: tf.Tensor) -> tf.Tensor:
        """Shift and stretch in time about the middle, scale in frequency from the lowest row."""
        params, frames, lowest = self._params, self._rendering.frames, self._rendering.rows - 1
        longest = params.longest_shift_ms / self._rendering.hop_ms
        shift = draw.uniform(-longest, longest)
        stretch = draw.uniform(1 - params.largest_stretch, 1 + params.largest_stretch)
        scaling = params.largest_frequency_scaling
        scale = draw.uniform(1 - scaling, 1 + scaling)
        middle = (frames - 1) / 2
        in_time = interpolation(stretch * (pixel_places(frames) - middle) + middle - shift)
        in_frequency = interpolation(scale * (pixel_places(lowest + 1) - lowest) + lowest)
        return tf.matmul(in_frequency, level_db, transpose_a=True) @ in_time

    def _reverberate(self, draw: _Draw, power: tf.Tensor) -> tf.Tensor:
        """Let sound die away as in a room, each band by itself.

        Power decays exponentially, by 60 dB in the reverberation time RT60 (Polack's model: Lebart
        et al., "A New Method Based on Spectral Subtraction for Speech Dereverberation", Acta
        Acustica 87, 2001); what follows of a frame has together the frame's power divided by the
        direct-to-reverberant ratio DRR.
        """
        room = self._params.reverberation
        if room is None or not room.probability:
            return power
        rt60_ms = draw.uniform(room.shortest_rt60_ms, room.longest_rt60_ms)
        decay = -6.0 * math.log(10) * self._rendering.hop_ms / rt60_ms
        drr_db = draw.uniform(room.lowest_drr_db, room.highest_drr_db)
        first = -tf.math.expm1(decay) * _power(-drr_db)
        chosen = tf.where(draw.chance(room.probability))
        decay, first, dry = (tf.gather_nd(values, chosen) for values in (decay, first, power))
        frames = pixel_places(self._rendering.frames)
        later = frames - frames[:, None] - 1
        tail = tf.exp(decay * tf.where(later < 0, np.inf, later))
        return tf.tensor_scatter_nd_add(power, chosen, (first * dry) @ tail)

    def _add_background(self, draw: _Draw, power: tf.Tensor) -> tf.Tensor:
        """Add a background's power to the clip's, at a ratio of their mean powers."""
        params = self._params
        if not params.noise_probability or not len(self._backgrounds):
            return power
        noise_db = self._to_db(tf.gather(self._backgrounds, draw.integers(len(self._backgrounds))))
        noise = _power(noise_db)
        snr_db = draw.uniform(params.lowest_snr_db, params.highest_snr_db)
        share = _power(-snr_db) * _mean_of_clip(power) / _mean_of_clip(noise)
        return power + tf.where(_by_clip(draw.chance(params.noise_probability)), share, 0) * noise

    def _mask(self, draw: _Draw, level_db: tf.Tensor) -> tf.Tensor:
        """Blot out stretches of time and bands of frequency with the clip's mean.

        SpecAugment (arXiv 1904.08779), without its time warping.
        """
        params = self._params
        rows, frames = tf.shape(level_db)[1], tf.shape(level_db)[2]
        longest = params.longest_time_mask_ms / self._rendering.hop_ms
        widest = params.widest_frequency_mask * tf.cast(rows, tf.float32)
        blotted = tf.zeros_like(level_db, tf.bool)
        for masks, most, size, axis in (
            (params.time_masks, longest, frames, 2),
            (params.frequency_masks, widest, rows, 1),
        ):
            places = tf.reshape(
                tf.cast(tf.range(size), tf.float32),
                [1, *(-1 if a == axis else 1 for a in (1, 2))],
            )
            for _ in range(masks):
                length = draw.uniform(0.0, 1.0) * most
                start = draw.uniform(0.0, 1.0) * (tf.cast(size, tf.float32) - length)
                blotted |= (places >= start) & (places < start + length)
        return tf.where(blotted, _mean_of_clip(level_db), level_db)

    def _mix(
        self, draw: _Draw, level_db: tf.Tensor, targets: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Blend images and targets of two clips: mixup (arXiv 1710.09412)."""
        params = self._params
        if not params.mixup_probability:
            return level_db, targets
        share = tf.where(draw.chance(params.mixup_probability), draw.beta(params.mixup_alpha), 1.0)
        by_clip = _by_clip(share)
        return (
            by_clip * level_db + (1 - by_clip) * draw.partner(level_db),
            share[:, None] * targets + (1 - share[:, None]) * draw.partner(targets),
        )


def share_out_unknown(
    params: AugmentationParams, shares: np.ndarray, silence: int, unknown: int
) -> np.ndarray:
    """How common labels are after augmentation, which makes *unknown* of some clips.

    Args:
        params: how much is changed.
        shares: how common each label is before, of 1, shape (labels,).
        silence: the index of the label silence.
        unknown: the index of the label unknown.

    Returns:
        Shape (labels,), of 1: what the targets of many batches are on average.
    """
    partners = 1 - shares - shares[silence]
    kept = (1 - params.splice_probability * partners) * (1 - params.reverse_probability)
    kept[silence] = 1.0
    after = shares * kept
    after[unknown] += 1 - after.sum()
    return after


class _Draw:
    """Random numbers for a batch, one a clip; each call takes others."""

    def __init__(self, seed: int, step: tf.Tensor, clips: tf.Tensor) -> None:
        self._seed, self._step, self._clips = seed, tf.cast(step, tf.int64), clips
        self._calls = count()

    def _next_seed(self) -> tf.Tensor:
        folded = tf.random.experimental.stateless_fold_in(
            tf.stack([tf.constant(self._seed, tf.int64), self._step]), next(self._calls)
        )
        return folded

    def uniform(self, low: float, high: float) -> tf.Tensor:
        """Shape (clips, 1, 1)."""
        return tf.random.stateless_uniform([self._clips, 1, 1], self._next_seed(), low, high)

    def chance(self, probability: float) -> tf.Tensor:
        """Shape (clips,), bool."""
        return tf.random.stateless_uniform([self._clips], self._next_seed()) < probability

    def integers(self, below: int) -> tf.Tensor:
        """Shape (clips,), int32."""
        return tf.random.stateless_uniform(
            [self._clips], self._next_seed(), 0, below, dtype=tf.int32
        )

    def beta(self, alpha: float) -> tf.Tensor:
        """Shape (clips,): beta-distributed with both parameters alpha."""
        one, other = (
            tf.random.stateless_gamma([self._clips], self._next_seed(), alpha) for _ in range(2)
        )
        return one / (one + other)

    @staticmethod
    def partner(values: tf.Tensor) -> tf.Tensor:
        """For each clip of a batch, the next one's value; batches are in random order already."""
        return tf.roll(values, 1, 0)


def _by_clip(values: tf.Tensor) -> tf.Tensor:
    return values[:, None, None]


def _mean_of_clip(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(values, [1, 2], keepdims=True)


def _power(level_db: tf.Tensor) -> tf.Tensor:
    return tf.exp(level_db / DB_PER_NEPER)
