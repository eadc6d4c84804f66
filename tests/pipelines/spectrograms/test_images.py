import pandas as pd
import pytest

from speech_commands.pipelines.spectrograms.images import (
    clip_name,
    image_fingerprints,
    image_name,
)
from speech_commands.pipelines.spectrograms.params import SpectrogramParams


def test_names_of_images_and_clips_belong_together():
    assert image_name("yes/a.b_nohash_0.wav") == "yes/a.b_nohash_0.png"
    assert clip_name(image_name("yes/ü 1.wav")) == "yes/ü 1.wav"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"chunk_size": 3}, True),
        ({"sheet_clips_per_label": 1}, True),
        ({"png_compress_level": 9}, False),
        ({"rendering": {"floor_db": -70.0}}, False),
    ],
)
def test_fingerprints_follow_the_clip_and_what_is_seen_in_its_image(config, change, same):
    clips = pd.Series({"yes/1.wav": "a", "yes/2.wav": "b"})
    params = SpectrogramParams(**config)
    rendering = {**config["rendering"], **change.get("rendering", {})}
    changed = SpectrogramParams(**{**config, **change, "rendering": rendering})
    first, second = image_fingerprints(clips, params), image_fingerprints(clips, changed)
    assert list(first) == ["yes/1.png", "yes/2.png"]
    assert first["yes/1.png"] != first["yes/2.png"]
    assert (first == second) is same
