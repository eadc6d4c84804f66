"""Project settings, read by Kedro."""

import warnings
from os.path import expanduser

from speech_commands.hooks import (
    Agreement,
    EarlierStages,
    KnownNames,
    MemoryGivenBack,
    OneRunAtATime,
    RunSummary,
    StageTimer,
)

# Kedro 1.7 calls OmegaConf by an older name, three times a run; it is for Kedro to mend.
warnings.filterwarnings("ignore", r"register_new_resolver\(\) is deprecated")

HOOKS = (
    OneRunAtATime(),
    StageTimer(),
    MemoryGivenBack(),
    RunSummary(),
    Agreement(),
    EarlierStages(),
    KnownNames(),
)  # the last is asked first
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"home": expanduser},  # before Kedro takes ~ for a folder of the project
}
