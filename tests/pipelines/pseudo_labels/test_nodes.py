import logging

import numpy as np
import pandas as pd
import pytest

from speech_commands.pipelines.pseudo_labels.nodes import choose_pseudo_labels
from speech_commands.pipelines.pseudo_labels.params import PseudoLabelParams

MANIFEST = pd.DataFrame(
    {
        "clip": ["audio/a.wav", "audio/b.wav", "audio/c.wav", "audio/d.wav"],
        "samples": 16000,
        "fingerprint": ["fa", "fb", "fc", "fd"],
    }
)
SURE_OF_090 = PseudoLabelParams(use=False, lowest_confidence=0.9)


@pytest.fixture
def said(labels):
    """said(**confidences): probabilities of clips, each given as (label, confidence)."""

    def said(**answers):
        rest = len(labels.names) - 1
        rows = {
            f"audio/{clip}.wav": {
                name: confidence if name == label else (1 - confidence) / rest
                for name in labels.names
            }
            for clip, (label, confidence) in answers.items()
        }
        return pd.DataFrame(rows, dtype=np.float32).T

    return said


def test_sure_words_are_taken_and_silence_is_left_out(said, labels, caplog):
    caplog.set_level(logging.INFO)
    answers = {"a": ("up", 0.95), "b": ("go", 0.85), "c": ("silence", 1.0), "d": ("unknown", 0.91)}
    chosen = choose_pseudo_labels(said(**answers), MANIFEST, labels, SURE_OF_090)
    assert chosen.drop(columns="confidence").to_dict("list") == {
        "clip": ["audio/a.wav", "audio/d.wav"],
        "word": ["up", "unknown"],
        "label": ["up", "unknown"],
        "split": ["training", "training"],
        "fingerprint": ["fa", "fd"],
    }
    np.testing.assert_allclose(chosen["confidence"], [0.95, 0.91])
    assert "of 4 test clips 2 can be trained on: up 1, unknown 1" in caplog.text


def test_columns_and_rows_of_probabilities_may_come_in_any_order(said, labels):
    answers = {"d": ("up", 1.0), "b": ("go", 1.0), "c": ("no", 1.0), "a": ("yes", 1.0)}
    turned = said(**answers)[[*reversed(labels.names)]]
    chosen = choose_pseudo_labels(turned, MANIFEST, labels, SURE_OF_090)
    assert chosen["label"].to_list() == ["yes", "go", "no", "up"]


def test_nothing_sure_and_nothing_to_label_give_an_empty_manifest(said, labels, caplog):
    caplog.set_level(logging.INFO)
    answers = dict.fromkeys("abcd", ("up", 0.5))
    none_sure = choose_pseudo_labels(said(**answers), MANIFEST, labels, SURE_OF_090)
    nothing = choose_pseudo_labels(pd.DataFrame(), MANIFEST[:0], labels, SURE_OF_090)
    for chosen in (none_sure, nothing):
        assert chosen.empty
        assert {"clip", "word", "label", "split", "fingerprint"} <= set(chosen.columns)
    assert "of 4 test clips 0 can be trained on: none" in caplog.text


def test_probabilities_of_other_clips_and_labels_are_refused(said, labels):
    fewer = said(a=("up", 1.0), c=("up", 1.0))
    with pytest.raises(ValueError, match=r"2 of 4 test clips have no .* audio/b\.wav among them"):
        choose_pseudo_labels(fewer, MANIFEST, labels, SURE_OF_090)
    other = said(**dict.fromkeys("abcd", ("up", 1.0))).rename(columns={"up": "high"})
    with pytest.raises(ValueError, match=r"those of yes, .*high.*the labels are yes, no, up"):
        choose_pseudo_labels(other, MANIFEST, labels, SURE_OF_090)
