"""Kedro's own commands work on the project."""

import pytest
from project_runner import copy_project, kedro


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["registry", "list"], "silence_augmentation"),
        (["catalog", "describe-datasets"], "spectrograms"),
        (["catalog", "resolve-patterns"], "recogniser"),
    ],
    ids=["registry", "describe", "resolve"],
)
def test_command_prints_what_it_should(command, expected, tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    status, log = kedro(project, *command)
    assert status == 0, log
    assert expected in log


def test_graph_is_written_as_a_static_site(tiny_corpus, tmp_path):
    project = copy_project(tmp_path / "project", tiny_corpus)
    status, log = kedro(project, "viz", "build")
    assert status == 0, log
    assert (project / "build/index.html").stat().st_size > 0
    assert "train_recogniser" in (project / "build/api/main").read_text()
