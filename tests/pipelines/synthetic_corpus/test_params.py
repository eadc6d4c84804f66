from copy import deepcopy

import pytest
from pydantic import ValidationError

from speech_commands.pipelines.synthetic_corpus.params import SyntheticCorpusParams


def test_one_speaker_in_two_splits_is_refused_even_with_another_accent(synthetic_config):
    config = deepcopy(synthetic_config)
    stolen = {**config["voices"]["training"][0], "language": "en-gb"}
    config["voices"]["test_archive"] = [*config["voices"]["test_archive"], stolen]
    with pytest.raises(ValidationError, match="a speaker belongs to one split"):
        SyntheticCorpusParams(**config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"other_words": ["../etc"]}, "other_words"),
        ({"other_words": ["_background_noise_"]}, "other_words"),
        ({"other_words": ["dog", "dog"]}, "holds a word twice"),
        ({"clip_ms": 60_000}, "less than clip_ms"),
        ({"silence_noisy_share": 1.5}, "silence_noisy_share"),
        ({"loudness": 3}, "loudness"),
    ],
)
def test_values_that_make_no_sense_are_refused(synthetic_config, change, message):
    with pytest.raises(ValidationError, match=message):
        SyntheticCorpusParams(**{**synthetic_config, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"margin_ms": 500}, r"margin_ms \(500\) at both ends leaves no room .* clip_ms \(1000\)"),
        ({"rate": {"low": 0, "high": 1}}, "rate is from 0 to 1; it has to be above 0"),
        ({"rate": {"low": 1, "high": 9}}, r"at most fastest_rate \(2.2\)"),
    ],
)
def test_variation_that_makes_no_sense_is_refused(synthetic_config, change, message):
    variation = {**synthetic_config["variation"], **change}
    with pytest.raises(ValidationError, match=message):
        SyntheticCorpusParams(**{**synthetic_config, "variation": variation})


def test_unknown_backgrounds_are_refused_with_those_allowed(synthetic_config):
    config = deepcopy(synthetic_config)
    config["background"]["level_dbfs"]["rain"] = -40
    with pytest.raises(ValidationError, match="rain; allowed are babble, brown_noise"):
        SyntheticCorpusParams(**config)


def test_words_of_other_languages_are_allowed(synthetic_config):
    config = {**synthetic_config, "other_words": ["tschüß", "да", "don't", "turn left"]}
    assert SyntheticCorpusParams(**config).other_words[0] == "tschüß"
