"""The project's configuration, as it is or copied with its data somewhere else."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf

from speech_commands.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[1]
DEMO_ARCHIVE = ROOT / "data" / "01_raw" / "demo" / "train.7z"
COMPUTE = {"backend": "local", "workers": None, "address": None}
"""As on one machine: all its cores."""


def read_configuration(project: Path, env: str) -> OmegaConfigLoader:
    """An environment's configuration as `kedro run --env` sees it."""
    return OmegaConfigLoader(str(project / "conf"), env=env, **CONFIG_LOADER_ARGS)


def copy_configuration(project: Path, conf: Path, env: str, places: dict[str, Path]) -> None:
    """Copy a project's configuration, and change where an environment's data lie.

    Args:
        project: where conf/ lies.
        conf: the copy.
        env: the environment.
        places: name in globals.yml to a folder.
    """
    shutil.copytree(project / "conf", conf, ignore=shutil.ignore_patterns("local"))
    file = conf / env / "globals.yml"
    changed = OmegaConf.load(file) if file.exists() else OmegaConf.create()
    changed.update({name: str(folder.resolve()) for name, folder in places.items()})
    file.parent.mkdir(exist_ok=True)
    OmegaConf.save(changed, file)


def kedro_run(conf: Path, env: str, pipelines: str, params: Sequence[str] = ()) -> list[str]:
    """The command that runs pipelines with a configuration."""
    command = [sys.executable, "-m", "kedro", "run", f"--env={env}", f"--conf-source={conf}"]
    command.append(f"--pipelines={pipelines}")
    return [*command, f"--params={','.join(params)}"] if params else command
