import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from speech_commands.audio.spectrogram import Rendering
from speech_commands.training.augmentation import (
    Augmentation,
    AugmentationParams,
    share_out_unknown,
)

RENDERING = Rendering(
    sample_rate_hz=16_000,
    clip_ms=500,
    window_ms=30,
    hop_ms=10,
    fft_size=512,
    axis="mel",
    mel_bands=20,
    lowest_hz=0,
    highest_hz=8000,
    floor_db=-100,
    ceiling_db=2,
)
YES, SILENCE, UNKNOWN = 0, 3, 4
LABELS = 5
CLIPS, ROWS, FRAMES = 6, 20, 50
NOTHING = {
    "longest_shift_ms": 0,
    "largest_stretch": 0,
    "largest_frequency_scaling": 0,
    "largest_gain_db": 0,
    "reverberation": None,
    "noise_probability": 0,
    "lowest_snr_db": 0,
    "highest_snr_db": 0,
    "time_masks": 0,
    "longest_time_mask_ms": 0,
    "frequency_masks": 0,
    "widest_frequency_mask": 0,
    "splice_probability": 0,
    "reverse_probability": 0,
    "mixup_probability": 0,
    "mixup_alpha": 1,
}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(60, 200, (CLIPS, ROWS, FRAMES, 1), dtype=np.uint8)


@pytest.fixture
def backgrounds():
    return np.random.default_rng(1).integers(0, 100, (3, ROWS, FRAMES, 1), dtype=np.uint8)


@pytest.fixture
def targets():
    return np.eye(LABELS, dtype=np.float32)[[0, 1, 2, 0, 1, SILENCE]]


@pytest.fixture
def change(images, targets, backgrounds):
    """change(step, **params): a batch after augmentation with only the params given."""

    def change(
        step=0,
        images=images,
        targets=targets,
        seed=1,
        backgrounds=backgrounds,
        rendering=RENDERING,
        **params,
    ):
        augment = Augmentation(
            AugmentationParams(**NOTHING | params), rendering, backgrounds, SILENCE, UNKNOWN, seed
        )
        changed, wanted = augment(tf.constant(step, tf.int64), tf.constant(images), targets)
        assert changed.dtype == tf.uint8
        assert changed.shape == images.shape
        return changed.numpy(), np.asarray(wanted)

    return change


def test_no_change_is_asked_for_and_none_is_made(change, images, targets):
    changed, wanted = change()
    np.testing.assert_array_equal(changed, images)
    np.testing.assert_array_equal(wanted, targets)


ROOM = {
    "probability": 1,
    "shortest_rt60_ms": 150,
    "longest_rt60_ms": 150,
    "lowest_drr_db": 6,
    "highest_drr_db": 6,
}

EVERYTHING = {
    "longest_shift_ms": 100,
    "largest_stretch": 0.1,
    "largest_gain_db": 6,
    "reverberation": ROOM | {"probability": 0.5, "longest_rt60_ms": 600, "highest_drr_db": 20},
    "noise_probability": 0.5,
    "highest_snr_db": 20,
    "time_masks": 1,
    "longest_time_mask_ms": 100,
    "frequency_masks": 1,
    "widest_frequency_mask": 0.2,
    "splice_probability": 0.2,
    "reverse_probability": 0.2,
    "mixup_probability": 0.5,
}


def test_seed_and_step_decide_everything(change):
    first, again = change(7, **EVERYTHING), change(7, **EVERYTHING)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (change(8, **EVERYTHING)[0] != first[0]).any()
    assert (change(7, seed=2, **EVERYTHING)[0] != first[0]).any()


@pytest.mark.parametrize("step", range(3))
def test_targets_stay_probabilities(change, step):
    _, wanted = change(step, **EVERYTHING)
    assert (wanted >= 0).all()
    np.testing.assert_allclose(wanted.sum(axis=1), 1, rtol=1e-6)


def test_gain_is_one_number_of_decibels_a_clip(change, images):
    changed, _ = change(largest_gain_db=12)
    difference = (changed.astype(int) - images)[..., 0]
    for clip in difference:
        assert clip.max() - clip.min() <= 1
        assert abs(clip.mean() * RENDERING.db_per_grey) <= 12.5
    assert len({round(clip.mean()) for clip in difference}) > 2


def test_shift_moves_every_row_alike_and_no_further_than_allowed(change):
    pictures = np.full((CLIPS, ROWS, FRAMES, 1), 100, np.uint8)
    pictures[:, :, 20:30] = 200
    distances = []
    for step in range(5):
        changed, _ = change(step, images=pictures, longest_shift_ms=50)
        for clip in changed[..., 0].astype(float):
            assert (clip == clip[0]).all()
            centre = ((clip[0] - 100) * np.arange(FRAMES)).sum() / (clip[0] - 100).sum()
            distances.append(centre - 24.5)
    assert np.abs(distances).max() <= 5.1
    assert np.std(distances) > 1


def test_what_comes_from_beyond_an_edge_is_mirrored(change):
    pictures = np.full((CLIPS, ROWS, FRAMES, 1), 100, np.uint8)
    pictures[:, :, 2] = 200
    changed, _ = change(images=pictures, longest_shift_ms=150)
    seen = changed[:, 0, :, 0].astype(float) - 100
    assert any(clip[:20].sum() > 150 for clip in seen)  # 2 and, beyond the edge, -3
    for clip in seen:
        assert clip.sum() <= 201
        if clip.sum() > 150:
            first, second = np.flatnonzero(clip > 50)[[0, -1]]
            assert 4 <= second - first <= 6


def test_stretch_widens_about_the_middle(change):
    pictures = np.full((CLIPS, ROWS, FRAMES, 1), 100, np.uint8)
    pictures[:, :, 20:30] = 200
    widths = []
    for step in range(5):
        changed, _ = change(step, images=pictures, largest_stretch=0.2)
        above = changed[..., 0].astype(float) - 100
        widths += list(above[:, 0].sum(axis=1) / 100)
        centres = (above[:, 0] * np.arange(FRAMES)).sum(axis=1) / above[:, 0].sum(axis=1)
        np.testing.assert_allclose(centres, 24.5, atol=0.3)
    assert 10 / 1.25 <= min(widths) < 9.5
    assert 10.5 < max(widths) <= 10 / 0.75


def test_frequency_scaling_keeps_the_lowest_row(change):
    pictures = np.full((CLIPS, ROWS, FRAMES, 1), 100, np.uint8)
    pictures[:, 8:10] = 200
    changed, _ = change(images=pictures, largest_frequency_scaling=0.2)
    above = changed[:, :, 0, 0].astype(float) - 100
    centres = (above * np.arange(ROWS)).sum(axis=1) / above.sum(axis=1)
    heights = ROWS - 1 - centres
    assert np.ptp(heights) > 0.5
    assert (heights > 10.5 / 1.25).all()
    assert (heights < 10.5 / 0.75).all()


def test_a_click_dies_away_by_60_db_in_the_reverberation_time(change):
    at, loudest = 10, 230
    pictures = np.zeros((CLIPS, ROWS, FRAMES, 1), np.uint8)
    pictures[:, :, at] = loudest
    changed, _ = change(images=pictures, reverberation=ROOM)
    level_db = changed[..., 0] * RENDERING.db_per_grey + RENDERING.floor_db
    quietest = 10 * np.log10(1 + 10 ** (-ROOM["lowest_drr_db"] / 10)) / RENDERING.db_per_grey
    assert changed[:, :, :at].max() <= np.ceil(quietest)
    np.testing.assert_array_equal(changed[:, :, at], loudest)
    a_frame_db = 60 * RENDERING.hop_ms / ROOM["longest_rt60_ms"]
    audible = level_db[:, :, at + 1 : at + 15]
    np.testing.assert_allclose(np.diff(audible, axis=2), -a_frame_db, atol=RENDERING.db_per_grey)
    power = 10 ** (level_db / 10)
    after = power[:, :, at + 1 :].sum(axis=2)
    np.testing.assert_allclose(10 * np.log10(power[:, :, at] / after), 6, atol=0.3)


@pytest.mark.parametrize("rt60_ms", [1e-6, 1e9])
def test_the_shortest_and_the_longest_reverberation_are_computed(change, images, rt60_ms):
    room = ROOM | {"shortest_rt60_ms": rt60_ms, "longest_rt60_ms": rt60_ms}
    changed, _ = change(reverberation=room)
    assert (changed >= images).all()


@pytest.mark.parametrize("snr_db", [-10, 0, 20])
def test_background_power_is_added_at_the_ratio_asked_for(change, images, backgrounds, snr_db):
    def power(grey):
        return 10 ** ((grey * RENDERING.db_per_grey + RENDERING.floor_db) / 10)

    bright = np.full((1, ROWS, FRAMES, 1), 90, np.uint8)
    changed, _ = change(
        backgrounds=bright, noise_probability=1, lowest_snr_db=snr_db, highest_snr_db=snr_db
    )
    clip = power(images.astype(float))
    expected = clip + clip.mean(axis=(1, 2, 3), keepdims=True) / 10 ** (snr_db / 10)
    levels = 10 * np.log10(expected)
    grey = (levels - RENDERING.floor_db) / RENDERING.db_per_grey
    np.testing.assert_allclose(changed, np.clip(grey, 0, 255), atol=1)


def test_without_backgrounds_none_is_added(change, images):
    none = np.empty((0, ROWS, FRAMES, 1), np.uint8)
    changed, _ = change(backgrounds=none, noise_probability=1)
    np.testing.assert_array_equal(changed, images)


def test_masks_blot_out_whole_columns_and_rows_with_the_mean(change, images):
    changed, _ = change(time_masks=1, longest_time_mask_ms=200)
    different = (changed != images)[..., 0]
    assert 0 < different.mean() < 0.5
    for clip, picture, mask in zip(changed, images, different, strict=True):
        columns = mask.mean(axis=0) > 0.5
        assert columns.sum() <= 21
        if columns.any():
            np.testing.assert_allclose(clip[:, columns], picture.mean(), atol=1)
            assert not np.diff(np.flatnonzero(columns)).max(initial=1) > 1
    changed, _ = change(frequency_masks=2, widest_frequency_mask=0.25)
    rows = (changed != images)[..., 0].mean(axis=2) > 0.5
    assert 0 < rows.sum(axis=1).max() <= 2 * 6


def test_reversed_words_are_unknown_and_reversed_silence_is_silence(change, images, targets):
    changed, wanted = change(reverse_probability=1)
    np.testing.assert_array_equal(changed, images[:, :, ::-1])
    assert wanted.argmax(axis=1).tolist() == [UNKNOWN] * 5 + [SILENCE]
    many = np.tile(images, (50, 1, 1, 1)), np.tile(targets, (50, 1))
    _, wanted = change(images=many[0], targets=many[1], reverse_probability=0.5)
    before, after = many[1].argmax(axis=1), wanted.argmax(axis=1)
    assert set(after[before == SILENCE]) == {SILENCE}
    for label in set(before) - {SILENCE, UNKNOWN}:
        assert set(after[before == label]) == {label, UNKNOWN}


def test_splices_of_two_words_are_unknown(change, images, targets):
    changed, wanted = change(splice_probability=1)
    labels = targets.argmax(axis=1)
    for clip in range(CLIPS):
        previous = (clip - 1) % CLIPS
        if SILENCE in (labels[clip], labels[previous]) or labels[clip] == labels[previous]:
            np.testing.assert_array_equal(changed[clip], images[clip])
            assert wanted[clip].argmax() == labels[clip]
        else:
            assert wanted[clip].argmax() == UNKNOWN
            np.testing.assert_array_equal(changed[clip, :, :20], images[clip, :, :20])
            np.testing.assert_array_equal(changed[clip, :, 30:], images[previous, :, 30:])


@pytest.mark.parametrize(("splice", "reverse"), [(0, 0), (0.3, 0), (0, 0.2), (0.3, 0.2), (1, 1)])
def test_how_common_labels_become_is_known_beforehand(change, splice, reverse):
    shares = np.array([0.3, 0.2, 0.1, 0.25, 0.15])
    many = np.random.default_rng(0).choice(LABELS, 40_000, p=shares)
    _, wanted = change(
        rendering=RENDERING.model_copy(update={"clip_ms": 20, "mel_bands": 1}),
        images=np.zeros((len(many), 1, 2, 1), np.uint8),
        targets=np.eye(LABELS, dtype=np.float32)[many],
        splice_probability=splice,
        reverse_probability=reverse,
    )
    params = AugmentationParams(
        **NOTHING | {"splice_probability": splice, "reverse_probability": reverse}
    )
    expected = share_out_unknown(params, shares, SILENCE, UNKNOWN)
    np.testing.assert_allclose(wanted.mean(axis=0), expected, atol=0.01)


def test_mixup_blends_images_and_targets_alike(change, images, targets):
    changed, wanted = change(mixup_probability=1)
    blended = 0
    for clip in range(CLIPS):
        previous = (clip - 1) % CLIPS
        if targets[clip].argmax() == targets[previous].argmax():
            continue
        share = wanted[clip, targets[clip].argmax()]
        blended += 0 < share < 1
        blend = share * images[clip].astype(float) + (1 - share) * images[previous]
        np.testing.assert_allclose(changed[clip], blend, atol=1)
    assert blended


def test_a_probability_is_the_share_of_clips_changed(change, images, targets):
    many = {"images": np.tile(images, (100, 1, 1, 1)), "targets": np.tile(targets, (100, 1))}
    changed, _ = change(reverse_probability=0.3, **many)
    touched = (changed != many["images"]).any(axis=(1, 2, 3))
    assert touched.mean() == pytest.approx(0.3, abs=0.07)


def test_inconsistent_parameters_are_refused():
    with pytest.raises(ValidationError, match="lowest_snr_db"):
        AugmentationParams(**NOTHING | {"lowest_snr_db": 1})
    with pytest.raises(ValidationError, match="mixup_alpha"):
        AugmentationParams(**NOTHING | {"mixup_alpha": 0})
    with pytest.raises(ValidationError, match="frequency_masks x widest_frequency_mask is 1; less"):
        AugmentationParams(**NOTHING | {"frequency_masks": 2, "widest_frequency_mask": 0.5})
    with pytest.raises(ValidationError, match=r"shortest_rt60_ms \(200\) is above longest_rt60_ms"):
        AugmentationParams(**NOTHING | {"reverberation": ROOM | {"shortest_rt60_ms": 200}})
    with pytest.raises(ValidationError, match=r"lowest_drr_db \(7\) is above highest_drr_db"):
        AugmentationParams(**NOTHING | {"reverberation": ROOM | {"lowest_drr_db": 7}})


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"longest_shift_ms": 500}, "longest_shift_ms"),
     ({"longest_time_mask_ms": 250, "time_masks": 2}, "time_masks x longest_time_mask_ms")],
)  # fmt: skip
def test_changes_that_leave_nothing_of_a_clip_are_refused(changes, name):
    params = AugmentationParams(**NOTHING | changes)
    params.expect_shorter_than(501)
    AugmentationParams(**NOTHING | {"longest_time_mask_ms": 500}).expect_shorter_than(500)
    with pytest.raises(ValueError, match=rf"augmentation\.{name} is 500; less than a clip, 500 ms"):
        params.expect_shorter_than(500)
