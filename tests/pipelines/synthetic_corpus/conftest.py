from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from speech_commands.labels import Labels
from speech_commands.pipelines.synthetic_corpus.params import SyntheticCorpusParams

CONF = Path(__file__).parents[3] / "conf"


@pytest.fixture(scope="session")
def project_parameters():
    return OmegaConfigLoader(str(CONF), base_env="base", default_run_env="base")["parameters"]


@pytest.fixture
def synthetic_config(project_parameters):
    """The parameters as they are in the project."""
    return project_parameters["synthetic_corpus"]


@pytest.fixture
def corpus_params(synthetic_config):
    return SyntheticCorpusParams(**synthetic_config)


@pytest.fixture
def labels(project_parameters):
    return Labels(**project_parameters["labels"])


@pytest.fixture
def tiny_params(synthetic_config):
    """A corpus of a few clips, spoken by four voices of espeak-ng."""
    voices = {
        split: [
            voice for voice in synthetic_config["voices"][split] if voice["engine"] == "espeak-ng"
        ][:2]
        for split in synthetic_config["voices"]
    }
    counts = {"training": 3, "validation": 1, "testing": 1, "test_archive": 2}
    background = {
        "duration_ms": 2000,
        "level_dbfs": {"white_noise": -45, "babble": -40},
        "babble_words": 4,
    }
    return SyntheticCorpusParams(
        **{
            **synthetic_config,
            "voices": voices,
            "other_words": ["potato"],
            "clips_per_command": counts,
            "clips_per_other_word": counts,
            "test_silence_clips": 3,
            "background": background,
        }
    )
