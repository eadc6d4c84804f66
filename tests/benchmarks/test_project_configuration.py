import pytest
from omegaconf import OmegaConf
from project_configuration import ROOT, copy_configuration, kedro_run


@pytest.mark.parametrize("env", ["fast", "demo", "gpu"])
def test_places_are_changed_and_nothing_else(env, tmp_path):
    copy_configuration(ROOT, tmp_path / "conf", env, {"data_root": tmp_path / "data"})
    changed = f"{env}/globals.yml"
    before, after = (
        {str(path.relative_to(conf)): path.read_text() for path in conf.rglob("*.yml")}
        for conf in (ROOT / "conf", tmp_path / "conf")
    )
    expected = OmegaConf.create(before.pop(changed, "{}")) | {"data_root": str(tmp_path / "data")}
    assert OmegaConf.create(after.pop(changed)) == expected
    assert after == {name: text for name, text in before.items() if not name.startswith("local")}


def test_the_command_names_configuration_pipeline_and_parameters(tmp_path):
    command = kedro_run(tmp_path, "fast", "ingest", ["a=1", "b.c=2"])
    assert command[1:4] == ["-m", "kedro", "run"]
    options = {
        "--env=fast",
        f"--conf-source={tmp_path}",
        "--pipelines=ingest",
        "--params=a=1,b.c=2",
    }
    assert set(command[4:]) == options
    assert not any("--params" in part for part in kedro_run(tmp_path, "fast", "ingest"))
