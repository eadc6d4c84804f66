from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from speech_commands.audio.spectrogram import Rendering
from speech_commands.figures import (
    confusion_matrix,
    learning_curve,
    reliability_diagram,
    spectrogram_sheet,
)


@pytest.fixture
def rendering(project_parameters):
    return Rendering(**project_parameters["spectrograms"]["rendering"])


def _draw(figure):
    file = BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


def _images(labels, clips):
    images = np.random.default_rng(0).integers(0, 256, (clips, 6, 8), dtype=np.uint8)
    return {label: list(images) for label in labels}


@pytest.mark.parametrize("count", [1, 4, 5, 12])
def test_a_sheet_has_one_titled_picture_for_each_label(rendering, count):
    labels = [f"label {number}" for number in range(count)]
    figure = spectrogram_sheet(_images(labels, 3), rendering)
    assert [axes.get_title() for axes in figure.axes if axes.images] == labels
    assert not any(axes.axison for axes in figure.axes if not axes.images)
    _draw(figure)


def test_a_sheet_shows_the_images_side_by_side_with_the_lowest_frequency_at_the_bottom(rendering):
    images = _images(["yes"], 2)
    [picture] = spectrogram_sheet(images, rendering).axes[0].images
    shown = picture.get_array()
    for number, image in enumerate(images["yes"]):
        assert np.array_equal(shown[:, 8 * number : 8 * number + 8], image)
    assert picture.origin == "upper"


def test_labels_may_have_different_numbers_of_clips(rendering):
    _draw(spectrogram_sheet(_images(["yes"], 3) | _images(["no"], 1), rendering))


@pytest.mark.parametrize(
    ("changes", "ticks"),
    [
        ({}, ["0", "8000"]),
        ({"axis": "mel", "mel_bands": 40, "lowest_hz": 20, "highest_hz": 7600}, ["20", "7600"]),
    ],
)
def test_a_sheet_names_the_range_of_frequencies(rendering, changes, ticks):
    changed = Rendering(**{**rendering.model_dump(), **changes})
    axes = spectrogram_sheet(_images(["yes"], 1), changed).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ticks
    assert changed.axis in axes.get_ylabel()


def test_a_curve_shows_both_splits_against_the_step():
    history = pd.DataFrame({"step": [10, 20], "loss": [2.0, 1.0], "val_loss": [2.5, 1.5]})
    figure = learning_curve(history, "loss", "nats")
    [axes] = figure.axes
    curves = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert curves == {"training": [[10, 2], [20, 1]], "validation": [[10, 2.5], [20, 1.5]]}
    assert axes.get_ylabel() == "loss (nats)"
    _draw(figure)


def test_a_confusion_matrix_shows_counts_and_is_coloured_by_the_share_of_each_true_label():
    counts = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 2]])
    figure = confusion_matrix(counts, ["yes", "no", "up"], "testing split")
    [axes] = figure.axes
    texts = {tuple(map(int, text.get_position()[::-1])): text.get_text() for text in axes.texts}
    assert texts == {(0, 0): "3", (0, 1): "1", (2, 0): "2", (2, 2): "2"}
    shares = axes.images[0].get_array()
    assert np.allclose(shares, [[0.75, 0.25, 0], [0, 0, 0], [0.5, 0, 0.5]])
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["yes", "no", "up"]
    assert (axes.get_title(), axes.get_ylabel()) == ("testing split", "true label")
    _draw(figure)


def test_reliability_shows_accuracy_and_clips_against_confidence():
    bins = pd.DataFrame({"confidence": [0.4, 0.9], "accuracy": [0.5, 0.8], "clips": [2, 10]})
    figure = reliability_diagram(bins, "testing split")
    above, below = figure.axes
    diagonal, points = (line.get_xydata().tolist() for line in above.lines)
    assert diagonal == [[0, 0], [1, 1]]
    assert points == [[0.4, 0.5], [0.9, 0.8]]
    [intervals] = above.collections
    few, many = (segment[:, 1] for segment in intervals.get_segments())
    assert few == pytest.approx([0.0945, 0.9055], abs=1e-3)  # Wilson's of 1 of 2
    assert many == pytest.approx([0.4902, 0.9433], abs=1e-3)
    [bars] = below.collections
    assert [segment[1].tolist() for segment in bars.get_segments()] == [[0.4, 2], [0.9, 10]]
    assert (above.get_title(), below.get_xlabel()) == ("testing split", "confidence")
    _draw(figure)
