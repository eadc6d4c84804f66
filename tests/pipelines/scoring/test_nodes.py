import pandas as pd
import pytest

from speech_commands.pipelines.scoring.nodes import score_submission

TRUTH = pd.DataFrame({"fname": ["a.wav", "b.wav", "c.wav"], "label": ["yes", "no", "up"]})


def test_share_of_right_labels_whatever_the_order():
    submission = pd.DataFrame({"fname": ["c.wav", "a.wav"], "label": ["up", "no"]})
    assert score_submission(submission, TRUTH) == {"clips": 2, "accuracy": 0.5}


def test_clip_with_two_true_labels_is_named():
    twice = pd.concat([TRUTH, TRUTH.tail(1)])
    with pytest.raises(ValueError, match=r"name c\.wav twice"):
        score_submission(TRUTH, twice)


def test_clip_without_a_true_label_is_named():
    submission = pd.DataFrame({"fname": ["d.wav"], "label": ["up"]})
    with pytest.raises(ValueError, match=r"d\.wav"):
        score_submission(submission, TRUTH)
