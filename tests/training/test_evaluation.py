import numpy as np
import pandas as pd
import pytest

from speech_commands.training.calibration import reliability
from speech_commands.training.evaluation import (
    count_confusions,
    precision_and_recall,
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
            "confidence": [1.0, 0.5, 0.75, 1.0, 1.0],
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
    right = predictions["label"].eq(predictions["predicted"])
    summary = summarise(predictions, reliability(predictions["confidence"], right))
    assert summary["clips"] == 5
    assert summary["accuracy"] == pytest.approx(3 / 5)
    assert summary["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert np.isfinite(summary["cross_entropy"])
    assert summary["calibration_error"] == pytest.approx((3 * 1 / 3 + 0.5 + 0.75) / 5)
