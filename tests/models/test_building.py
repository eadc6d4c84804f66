import numpy as np
import pytest
from pydantic import ValidationError

from speech_commands.models import BUILDERS, ModelParams, build_model

IMAGE = {"height": 80, "width": 80, "channels": 3}


@pytest.mark.parametrize("family", BUILDERS)
def test_every_family_maps_spectrograms_to_logits(family):
    params = ModelParams(family=family, width=4, dropout=0.1, image=IMAGE)
    model = build_model(params, rows=33, frames=50, labels=5)
    images = np.zeros((2, 33, 50, 1), np.uint8)
    logits = model(images)
    assert logits.shape == (2, 5)
    assert logits.dtype == "float32"


@pytest.mark.parametrize("family", BUILDERS)
def test_width_is_the_only_number_that_makes_a_family_larger(family):
    sizes = [
        build_model(
            ModelParams(family=family, width=width, dropout=0.0, image=IMAGE), 80, 80, 3
        ).count_params()
        for width in (2, 4, 8)
    ]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("wrong", [{"family": "vgh"}, {"width": 0}, {"dropout": 1.0}, {"depth": 3}])
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ModelParams(**{"family": "vgg", "width": 4, "dropout": 0.1, "image": IMAGE} | wrong)
