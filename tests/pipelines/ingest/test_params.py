import pytest
from pydantic import ValidationError

from speech_commands.pipelines.ingest.params import IngestParams


@pytest.fixture
def config(project_parameters):
    return project_parameters["ingest"]


def test_the_projects_parameters_are_valid(config):
    assert IngestParams(**config).model_dump() == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_percentage": -1}, "validation_percentage"),
        ({"testing_percentage": 101}, "testing_percentage"),
        (
            {"validation_percentage": 50, "testing_percentage": 50},
            "are 100 together; less than 100",
        ),
        ({"validation_percentage": float("nan")}, "validation_percentage"),
        ({"validation_percent": 10}, "validation_percent"),
        ({"clip_limits": {}}, "clip_limits"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(config, changes, message):
    with pytest.raises(ValidationError, match=message):
        IngestParams(**{**config, **changes})


@pytest.mark.parametrize("name", ["clip_limits", "validation_percentage", "testing_percentage"])
def test_every_parameter_must_be_given(config, name):
    with pytest.raises(ValidationError, match=name):
        IngestParams(**{key: value for key, value in config.items() if key != name})
