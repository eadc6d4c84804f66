import keras
import numpy as np
import pandas as pd
import pytest

from speech_commands.audio.image import encode_png
from speech_commands.training.evaluation import (
    count_confusions,
    precision_and_recall,
    predict_probabilities,
    summarise,
)

LABELS = ("yes", "no", "silence")


@pytest.fixture
def predictions():
    return pd.DataFrame(
        {
            "label": ["yes", "yes", "yes", "no", "no"],
            "predicted": ["yes", "yes", "no", "no", "silence"],
            "probability": [1.0, 0.5, 0.25, 1.0, 0.0],
        }
    )


def test_confusions_count_true_rows_and_predicted_columns(predictions):
    counts = count_confusions(predictions, LABELS)
    assert counts.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]


def test_precision_and_recall(predictions):
    table = precision_and_recall(count_confusions(predictions, LABELS), LABELS).set_index("label")
    assert table.loc["yes", ["precision", "recall"]].to_list() == pytest.approx([1, 2 / 3])
    assert table.loc["no", ["precision", "recall"]].to_list() == pytest.approx([1 / 2, 1 / 2])
    assert np.isnan(table.loc["silence", "recall"])
    assert table["clips"].to_list() == [3, 2, 0]


def test_summary_is_finite_even_where_the_truth_got_no_probability(predictions):
    summary = summarise(predictions)
    assert summary["clips"] == 5
    assert summary["accuracy"] == pytest.approx(3 / 5)
    assert summary["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert np.isfinite(summary["cross_entropy"])


def test_probabilities_do_not_depend_on_batch_size(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((6, 8, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255),
         keras.layers.Flatten(), keras.layers.Dense(3)]
    )  # fmt: skip
    paths = []
    for number, picture in enumerate(
        np.random.default_rng(0).integers(0, 256, (7, 6, 8), np.uint8)
    ):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode_png(picture, 1))
        paths.append(str(path))
    one = predict_probabilities(model, paths, 1, "labelling")
    four = predict_probabilities(model, paths, 4, "labelling")
    np.testing.assert_allclose(one, four, rtol=1e-5)
    np.testing.assert_allclose(one.sum(axis=1), 1, rtol=1e-5)
