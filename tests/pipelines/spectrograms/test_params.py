import pytest
from pydantic import ValidationError

from speech_commands.pipelines.spectrograms.params import SpectrogramParams


def test_the_projects_parameters_are_valid(config):
    assert SpectrogramParams(**config).model_dump() == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"png_compress_level": 10}, "png_compress_level"),
        ({"png_compress_level": -1}, "png_compress_level"),
        ({"chunk_size": 0}, "chunk_size"),
        ({"sheet_clips_per_label": 0}, "sheet_clips_per_label"),
        ({"chunksize": 1}, "chunksize"),
        ({"rendering": {}}, "rendering.sample_rate_hz"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(config, changes, message):
    with pytest.raises(ValidationError, match=message):
        SpectrogramParams(**{**config, **changes})


def test_the_rendering_is_checked_too(config):
    rendering = {**config["rendering"], "window_ms": 17}
    with pytest.raises(ValidationError, match=r"more than fft_size \(256\)"):
        SpectrogramParams(**{**config, "rendering": rendering})


@pytest.mark.parametrize("name", SpectrogramParams.model_fields)
def test_every_parameter_must_be_given(config, name):
    with pytest.raises(ValidationError, match=name):
        SpectrogramParams(**{key: value for key, value in config.items() if key != name})
