import pytest
from pydantic import ValidationError

from speech_commands.labels import RESERVED, Labels, composed
from speech_commands.storage.index import FINGERPRINT
from speech_commands.storage.parts import NAME

COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


def test_the_project_knows_the_competitions_twelve_labels(labels):
    assert labels.names == (*COMMANDS, "silence", "unknown")


def test_every_label_has_its_own_place(labels):
    assert [labels.index(name) for name in labels.names] == list(range(12))
    with pytest.raises(ValueError, match="tuple"):
        labels.index("cat")


@pytest.mark.parametrize("word", COMMANDS)
def test_a_word_to_recognise_is_its_own_label(labels, word):
    assert labels.of_word(word) == word


def test_a_folder_of_silence_is_silence(labels):
    assert labels.of_word("silence") == "silence"


@pytest.mark.parametrize("word", ["cat", "bed", "Yes", "yes ", "", "unknown"])
def test_every_other_word_is_unknown(labels, word):
    assert labels.of_word(word) == "unknown"


def test_a_word_is_the_same_however_its_umlauts_are_coded():
    labels = Labels(words=["gru\u0308n"], silence="silence", unknown="unknown")
    assert labels.names == ("gr\u00fcn", "silence", "unknown")
    assert composed("gru\u0308n") == composed("gr\u00fcn") == "gr\u00fcn"


def test_labels_that_are_not_named_weigh_one(labels):
    weights = labels.weights({"unknown": 3, "no": 0.5}, "priors")
    assert weights.tolist() == [1, 0.5, *[1] * 9, 3]


def test_a_weight_for_what_is_no_label_is_refused(labels):
    with pytest.raises(ValueError, match="priors names cat, yep; the labels are yes, no"):
        labels.weights({"yep": 1, "cat": 1, "no": 1}, "priors")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"words": ["yes", "yes"], "silence": "s", "unknown": "u"}, "differ.*yes, yes, s, u"),
        ({"words": ["yes"], "silence": "yes", "unknown": "u"}, "differ.*yes, yes, u"),
        ({"words": ["yes"], "silence": "u", "unknown": "u"}, "differ.*yes, u, u"),
        (
            {"words": ["yes", "name"], "silence": "s", "unknown": "u"},
            "no label can be called name,",
        ),
        ({"words": ["yes"], "silence": "s", "unknown": "fingerprint"}, "called fingerprint,"),
        ({"words": [], "silence": "s", "unknown": "u"}, "at least one word is needed"),
        ({"words": "yes", "silence": "s", "unknown": "u"}, "words"),
        ({"words": ["yes", 1], "silence": "s", "unknown": "u"}, "words.1\n.* 1 is no text: YAML"),
        ({"words": [True], "silence": "s", "unknown": "u"}, "True is no text: .* go in quotes"),
        ({"words": ["yes"], "silence": "s"}, "unknown"),
        ({"words": ["yes"], "silence": "s", "unknown": "u", "word": "x"}, "word"),
    ],
)
def test_labels_that_make_no_sense_are_refused(config, message):
    with pytest.raises(ValidationError, match=message):
        Labels(**config)


def test_columns_of_tables_with_a_column_a_label_are_reserved():
    assert {NAME, FINGERPRINT} == RESERVED
