from speech_commands.pipelines.spectrograms import create_pipeline


def test_clips_go_in_and_images_of_them_come_out():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {
        "raw_wavs", "manifest", "silence_wavs", "silence_manifest", "params:labels",
        "params:spectrograms",
    }  # fmt: skip
    assert pipeline.outputs() == {"spectrogram_sheet"}
    images = {"spectrograms", "silence_spectrograms"}
    assert pipeline.all_outputs() - pipeline.outputs() == images
