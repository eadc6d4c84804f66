import pytest
from pydantic import ValidationError

from speech_commands.training.params import TrainingParams


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_numpy_does_not_take_is_refused(seed, project_parameters):
    training = project_parameters["model_training"]["training"]
    assert TrainingParams(**training | {"seed": 2**32 - 1}).seed == 2**32 - 1
    with pytest.raises(ValidationError, match="seed"):
        TrainingParams(**training | {"seed": seed})
