from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

CONF = Path(__file__).parents[3] / "conf"


@pytest.fixture(scope="session")
def project_config():
    return OmegaConfigLoader(str(CONF), base_env="base", default_run_env="base")


@pytest.fixture
def download_config(project_config):
    """The parameters as they are in the project."""
    return project_config["parameters"]["download"]
