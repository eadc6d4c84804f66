"""Project settings, read by Kedro."""

from os.path import expanduser

from speech_commands.hooks import (
    Agreement,
    KnownNames,
    OneRunAtATime,
    RunSummary,
    StageTimer,
)

HOOKS = (
    OneRunAtATime(),
    StageTimer(),
    RunSummary(),
    Agreement(),
    KnownNames(),
)  # the last is asked first
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    "custom_resolvers": {"home": expanduser},  # before Kedro takes ~ for a folder of the project
}
