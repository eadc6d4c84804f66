import os
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from pydub import AudioSegment

from speech_commands.audio import media
from speech_commands.audio.media import MediaError, media_stretches, to_recording
from speech_commands.audio.wav import decode_wav

RATE = 16_000
needs_ffmpeg = pytest.mark.skipif(
    not all(map(which, media.PROGRAMS)), reason="ffmpeg is not installed"
)


@pytest.fixture
def asked(monkeypatch):
    """What pydub is asked for; here it cuts WAV files without ffmpeg, as it would others with."""
    calls = []

    def from_file(path, **options):
        calls.append({"path": path, **options})
        start_ms, duration_ms = 1000 * options["start_second"], 1000 * options["duration"]
        return AudioSegment(Path(path).read_bytes())[start_ms : start_ms + duration_ms]

    monkeypatch.setattr(AudioSegment, "from_file", from_file)
    monkeypatch.setattr(media, "mediainfo_json", lambda path: {"streams": []})
    monkeypatch.setattr(media, "which", lambda program: program)
    return calls


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32"])
@pytest.mark.parametrize("channels", [1, 2])
def test_segments_have_the_samples_of_their_file(subtype, channels, noise, wav_bytes, tmp_path):
    samples = np.stack([noise(800, seed=seed) for seed in range(channels)], axis=1)
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(samples, RATE, subtype))
    recording = to_recording(AudioSegment.from_file(str(path)))
    expected = decode_wav(path.read_bytes())
    assert recording.sample_rate_hz == expected.sample_rate_hz
    np.testing.assert_allclose(recording.samples, expected.samples, rtol=0, atol=2**-23)


@pytest.mark.parametrize("seconds", [0.5, 1, 2, 3.25])
def test_stretches_add_up_to_the_recording(seconds, noise, wav_bytes, tmp_path, asked):
    samples = noise(int(seconds * RATE), dtype=np.int16)
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(samples, RATE))
    stretches = list(media_stretches(str(path), stretch_s=1))
    assert max(len(stretch.samples) for stretch in stretches) <= RATE
    assert len(stretches) == np.ceil(seconds)
    assert [call["start_second"] for call in asked][: len(stretches)] == list(range(len(stretches)))
    joined = np.concatenate([stretch.samples for stretch in stretches])
    np.testing.assert_array_equal(joined[:, 0], samples / np.float32(32768))


@pytest.mark.parametrize(
    ("streams", "decoder"),
    [
        ([{"codec_type": "audio", "codec_name": "pcm_mulaw", "bits_per_sample": 8}], "pcm_mulaw"),
        ([{"codec_type": "audio", "codec_name": "adpcm_ms", "bits_per_sample": 4}], "adpcm_ms"),
        ([{"codec_type": "audio", "codec_name": "pcm_s24le", "bits_per_sample": 24}], "pcm_s24le"),
        ([{"codec_type": "audio", "codec_name": "pcm_s16be", "bits_per_sample": 16}], None),
        (
            [
                {"codec_type": "video", "codec_name": "mjpeg"},
                {"codec_type": "audio", "codec_name": "mp3", "bits_per_sample": 32},
            ],
            None,
        ),
        ([], None),
    ],
)
def test_pydub_does_not_choose_other_than_16_or_32_bits(
    streams, decoder, noise, wav_bytes, tmp_path, asked, monkeypatch
):
    monkeypatch.setattr(media, "mediainfo_json", lambda path: {"streams": streams})
    path = tmp_path / "a.au"
    path.write_bytes(wav_bytes(noise(RATE), RATE))
    list(media_stretches(str(path), 60))
    assert [call["codec"] for call in asked] == [decoder]


def test_missing_ffmpeg_is_named_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MediaError, match="codings need ffmpeg and ffprobe: install ffmpeg"):
        next(media_stretches(str(tmp_path / "a.mp3"), 1))


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg", "opus", "m4a", "aiff"])
def test_other_formats_sound_as_the_wav(suffix, tone, wav_bytes, tmp_path):
    wav, other = tmp_path / "a.wav", tmp_path / f"a.{suffix}"
    wav.write_bytes(wav_bytes(tone(440), RATE))
    made = subprocess.run(["ffmpeg", "-v", "error", "-i", wav, other], check=False)
    if made.returncode:
        pytest.skip(f"this ffmpeg does not write {suffix}")
    [recording] = media_stretches(str(other), 60)
    spectrum = np.abs(np.fft.rfft(recording.samples[: recording.sample_rate_hz, 0]))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert len(recording.samples) / recording.sample_rate_hz == pytest.approx(1, abs=0.1)
    assert np.abs(recording.samples).max() == pytest.approx(0.5, abs=0.15)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("coding", "error_db"),
    [("pcm_s24le", -75), ("pcm_mulaw", -35), ("pcm_alaw", -35), ("adpcm_ms", -14)],
)
def test_other_codings_of_wav_are_as_exact_as_they_are(
    coding, error_db, noise, wav_bytes, tmp_path
):
    samples = noise(2 * RATE)
    wav, other = tmp_path / "a.wav", tmp_path / "b"
    wav.write_bytes(wav_bytes(samples, RATE))
    command = ["ffmpeg", "-v", "error", "-i", wav, "-c:a", coding, "-f", "wav", other]
    subprocess.run(command, check=True)
    joined = np.concatenate([stretch.samples for stretch in media_stretches(str(other), 1)])
    error = joined[: len(samples), 0] - samples
    assert 10 * np.log10((error**2).mean() / (samples**2).mean()) < error_db


@needs_ffmpeg
@pytest.mark.parametrize("content", [b"no sound " * 100, bytes(5000)], ids=["text", "zeros"])
def test_file_without_sound_is_refused(content, tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(MediaError, match="no sound that ffmpeg can decode"):
        next(media_stretches(str(path), 1))


@needs_ffmpeg
def test_standard_input_is_left_to_the_caller(tone, wav_bytes, tmp_path):
    wav, flac = tmp_path / "a.wav", tmp_path / "a.flac"
    wav.write_bytes(wav_bytes(tone(440), RATE))
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, flac], check=True)
    reader, writer = os.pipe()
    os.write(writer, b"the caller's\n")
    os.close(writer)
    kept = os.dup(0)
    os.dup2(reader, 0)
    try:
        list(media_stretches(str(flac), 60))
        assert os.read(0, 100) == b"the caller's\n"
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reader)
