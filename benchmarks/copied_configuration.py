"""Running the project with its data somewhere else: a copy of its configuration that says where."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import OmegaConf

ROOT = Path(__file__).parents[1]


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
