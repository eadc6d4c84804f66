from speech_commands.pipelines.silence_augmentation import create_pipeline


def test_recordings_and_parameters_go_in_and_a_plan_and_wavs_come_out():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {
        "background_recordings", "raw_wavs", "params:labels", "params:silence_augmentation",
    }  # fmt: skip
    assert pipeline.all_outputs() == {"silence_manifest", "silence_wavs"}


def test_nodes_are_named_after_their_functions():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)
