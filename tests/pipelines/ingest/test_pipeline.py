from speech_commands.pipelines.ingest import create_pipeline


def test_an_archive_and_parameters_go_in_and_tables_and_wavs_come_out():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {"training_recordings", "params:labels", "params:ingest"}
    assert pipeline.all_outputs() == {
        "raw_wavs", "refused_members", "manifest", "background_recordings", "rejected_clips",
    }  # fmt: skip


def test_nodes_are_named_after_their_functions():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)
