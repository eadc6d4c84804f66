import pytest


@pytest.fixture
def config(project_parameters):
    """The parameters as they are in the project."""
    return project_parameters["spectrograms"]
