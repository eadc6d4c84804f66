import pandas as pd
import pytest

from speech_commands.audio.spectrogram import Rendering
from speech_commands.corpus.images import (
    clip_name,
    clip_names,
    image_fingerprints,
    image_name,
    image_names,
)


def test_names_of_images_and_clips_belong_together():
    assert image_name("yes/a.b_nohash_0.wav") == "yes/a.b_nohash_0.png"
    assert clip_name(image_name("yes/ü 1.wav")) == "yes/ü 1.wav"


def test_names_of_many_are_those_of_each():
    clips = ["yes/ü 1.wav", "a.wav/b.wav.wav", "no/2.wav"]
    images = image_names(pd.Series(clips))
    assert images.to_list() == [*map(image_name, clips)]
    assert clip_names(images).to_list() == clips


@pytest.mark.parametrize(
    ("change", "level", "same"), [({}, 1, True), ({}, 9, False), ({"floor_db": -70}, 1, False)]
)
def test_fingerprints_follow_clips_and_how_their_images_are_made(
    project_parameters, change, level, same
):
    clips = pd.Series({"yes/1.wav": "a", "yes/2.wav": "b"})
    rendering = project_parameters["spectrograms"]["rendering"]
    first = image_fingerprints(clips, Rendering(**rendering), 1)
    second = image_fingerprints(clips, Rendering(**{**rendering, **change}), level)
    assert list(first.index) == ["yes/1.png", "yes/2.png"]
    assert first["yes/1.png"] != first["yes/2.png"]
    assert first.equals(second) is same
