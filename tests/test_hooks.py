import json
from contextlib import nullcontext
from io import StringIO

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset
from rich.console import Console

from speech_commands.hooks import Agreement, RunSummary, StageTimer
from speech_commands.pipelines.model_training.params import ModelTrainingParams


def make(value):
    return value


NODE = Node(make, "value", "metrics", name="make", tags="ingest")


def test_timer_logs_each_save(caplog):
    timer = StageTimer()
    with caplog.at_level("INFO"):
        timer.before_node_run(node=NODE)
        timer.after_dataset_saved(dataset_name="metrics", node=NODE)
    assert "make: metrics saved after" in caplog.text


@pytest.mark.parametrize("read", [{"params:labels"}, {"params:labels", "params:model_training"}])
def test_names_are_compared_where_a_run_uses_them(read, labels, project_parameters):
    params = ModelTrainingParams(
        **project_parameters["model_training"] | {"label_priors": {"a": 1}}
    )
    catalog = DataCatalog()
    catalog["params:labels"], catalog["params:model_training"] = labels, params
    node = Node(lambda *values: values, sorted(read), "read", name="read")
    refused = pytest.raises(ValueError, match=r"model_training\.label_priors names a; the labels")
    with refused if len(read) == 2 else nullcontext():
        Agreement().before_pipeline_run(pipeline=Pipeline([node]), catalog=catalog)


def test_summary_gives_time_and_accuracy_of_this_run_only(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps({"testing": {"accuracy": 0.875, "clips": 8}}))
    catalog = DataCatalog({"metrics": JSONDataset(filepath=str(path))})
    output = StringIO()
    summary = RunSummary(Console(file=output, width=200))
    summary.before_pipeline_run()
    summary.after_pipeline_run(pipeline=Pipeline([NODE]), catalog=catalog)
    assert "accuracy" not in output.getvalue()
    summary.after_dataset_saved(dataset_name="metrics", node=NODE)
    summary.after_pipeline_run(pipeline=Pipeline([NODE]), catalog=catalog)
    assert "ingest" in output.getvalue()
    assert "accuracy on the testing split: 87.5% of 8 clips" in output.getvalue()
