import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from click.testing import CliRunner
from project_runner import copy_project

from speech_commands import shipped
from speech_commands.audio.media import PROGRAMS
from speech_commands.command_line import main

ROOT = Path(__file__).parents[1]
RATE = 16_000
COMMAND = [sys.executable, "-m", "speech_commands.command_line"]


@pytest.fixture
def recordings(tmp_path, tone, noise, wav_bytes):
    """A folder with three recordings, one of them long and in stereo, and another file."""
    folder = tmp_path / "recordings"
    (folder / "more").mkdir(parents=True)
    (folder / "a.wav").write_bytes(wav_bytes(tone(440), RATE))
    long = noise(4 * 44_100).reshape(-1, 2)
    (folder / "b.wav").write_bytes(wav_bytes(long, 44_100))
    (folder / "more" / "c.wav").write_bytes(wav_bytes(noise(9_000), RATE))
    (folder / "README").write_text("not a recording")
    return folder


@pytest.fixture
def predict(recogniser_file):
    """predict(*arguments): the result of the command with a small recogniser."""

    def run(*arguments, model=recogniser_file):
        return CliRunner().invoke(main, ["predict", f"--model={model}", *map(str, arguments)])

    return run


def test_a_line_tells_path_label_and_confidence(predict, recordings, labels):
    result = predict(recordings / "a.wav")
    assert result.exit_code == 0
    assert result.stderr == ""
    path, label, confidence = result.stdout.removesuffix("\n").split("\t")
    assert path == str(recordings / "a.wav")
    assert label in labels.names
    assert 1 / len(labels.names) <= float(confidence) <= 1


@pytest.mark.parametrize("model", ["fast", "tiny", "of the reference's images"])
def test_the_program_in_the_docs_says_the_same(
    model, predict, recogniser_file, noise, wav_bytes, tmp_path
):
    page = (ROOT / "docs" / "predict.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    file = shipped.lite_file(model) if model in shipped.names() else recogniser_file
    clip = tmp_path / "short.wav"
    clip.write_bytes(wav_bytes(noise(9_000, dtype=np.int16), RATE))
    said = subprocess.run(
        [sys.executable, "-c", program, file, clip], capture_output=True, text=True, check=True
    )
    _, label, confidence = predict(clip, model=file).stdout.split()
    assert said.stdout.split()[0] == label
    assert float(said.stdout.split()[1]) == pytest.approx(float(confidence), abs=0.01)


def test_folders_are_searched_in_order(predict, recordings):
    result = predict(recordings)
    assert result.exit_code == 0
    paths = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert paths == [str(recordings / name) for name in ("a.wav", "b.wav", "more/c.wav")]


def test_more_labels_come_in_the_order_of_their_confidence(predict, recordings, labels):
    _, *columns = predict(recordings / "a.wav", "--top=3").stdout.split()
    assert len(columns) == 6
    assert sorted(columns[1::2], reverse=True) == columns[1::2]
    _, *columns = predict(recordings / "a.wav", "--top=99").stdout.split()
    assert set(columns[::2]) == set(labels.names)


def test_json_says_the_same_an_object_a_line(predict, recordings):
    plain = [line.split("\t") for line in predict(recordings).stdout.splitlines()]
    objects = [json.loads(line) for line in predict(recordings, "--json").stdout.splitlines()]
    for (path, label, confidence), facts in zip(plain, objects, strict=True):
        assert (facts["path"], facts["label"]) == (path, label)
        assert f"{facts['confidence']:.3f}" == confidence
        assert facts["top"] == [{"label": label, "confidence": facts["confidence"]}]
    assert [facts["start_s"] for facts in objects][::2] == [0, 0]
    assert 0 <= objects[1]["start_s"] <= 1
    [facts] = map(
        json.loads, predict(recordings / "a.wav", "--json", "--top=2").stdout.splitlines()
    )
    assert len(facts["top"]) == 2


def test_damaged_file_among_good_ones_is_reported(predict, recordings):
    data = (recordings / "a.wav").read_bytes()
    (recordings / "aa.wav").write_bytes(data[:1000])
    (recordings / "ab.wav").write_bytes(b"")
    result = predict(recordings, recordings / "missing.wav")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 3
    truncated, empty, missing = result.stderr.splitlines()
    assert truncated.startswith(f"{recordings / 'aa.wav'}: truncated")
    assert empty == f"{recordings / 'ab.wav'}: the file is empty"
    assert missing == f"{recordings / 'missing.wav'}: No such file or directory"


def test_other_formats_are_read_or_ffmpeg_is_asked_for(predict, recordings, monkeypatch):
    (recordings / "d.mp3").write_bytes(b"ID3 and no sound")
    result = predict(recordings)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 3
    assert str(recordings / "d.mp3") in result.stderr
    monkeypatch.setenv("PATH", str(recordings))
    assert "install ffmpeg" in predict(recordings / "d.mp3").stderr


@pytest.mark.skipif(not (which("ffmpeg") and which("ffprobe")), reason="ffmpeg is not installed")
def test_lossless_copy_is_labelled_as_the_wav(predict, recordings):
    wav, flac = recordings / "a.wav", recordings / "a.flac"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, flac], check=True)
    one, other = predict(wav, flac, "--top=12").stdout.splitlines()
    assert one.split("\t")[1:] == other.split("\t")[1:]


def test_folder_without_recordings_is_an_error(predict, tmp_path):
    (tmp_path / "empty").mkdir()
    result = predict(tmp_path / "empty")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"{tmp_path / 'empty'}: no recordings in it\n"


def test_file_name_that_is_no_text_is_kept(recogniser_file, recordings):
    name = str(recordings).encode() + b"/\xff.wav"
    (recordings / "a.wav").rename(name.decode(errors="surrogateescape"))
    command = [*COMMAND, "predict", f"--model={recogniser_file}", name]
    lines = subprocess.run(command, check=True, capture_output=True).stdout
    assert lines.startswith(name + b"\t")
    line = subprocess.run([*command, "--json"], check=True, capture_output=True).stdout
    assert json.loads(line)["path"].encode(errors="surrogateescape") == name


def test_file_name_with_tab_and_line_break_stays_in_its_column(predict, recordings):
    odd = (recordings / "a.wav").rename(recordings / "a\tb\nc.wav")
    (line,) = predict(odd).stdout.splitlines()
    path, *_ = line.split("\t")
    assert path == f"{recordings}/a\\tb\\nc.wav"
    assert json.loads(predict(odd, "--json").stdout)["path"] == str(odd)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "Missing argument"),
        (["a.wav", "--top=0"], "--top"),
        (["a.wav", "--tpo=1"], "--tpo"),
        (["-", "--model=fats"], "no recogniser 'fats' comes with this package; there are"),
        (["-", "--model=missing.tflite"], "missing.tflite: No such file or directory; best, fast,"),
        (["-", f"--model={__file__}"], "is not a whole model of this project"),
    ],
)
def test_wrong_command_has_a_status_of_its_own(arguments, expected):
    result = CliRunner().invoke(main, ["predict", *arguments])
    assert result.exit_code == 2
    assert expected in result.stderr


def test_recogniser_that_comes_with_the_package_is_taken_by_name(
    recordings, recogniser_file, tmp_path, monkeypatch
):
    (tmp_path / "fast.tflite").write_bytes(recogniser_file.read_bytes())
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    for arguments in ([], ["--model=fast"]):
        result = CliRunner().invoke(main, ["predict", str(recordings), *arguments])
        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) == 3


def test_standard_input_is_not_taken_for_a_recording(predict):
    result = predict("-")
    assert result.exit_code == 1
    assert result.stderr == "-: No such file or directory\n"


def test_pipe_is_labelled_as_the_file(recogniser_file, recordings):
    command = [*COMMAND, "predict", f"--model={recogniser_file}", "--top=12"]
    wav = recordings / "a.wav"
    piped = subprocess.run(
        [*command, "/dev/stdin"], check=True, capture_output=True, input=wav.read_bytes()
    )
    named = subprocess.run([*command, wav], check=True, capture_output=True)
    assert piped.stdout.split(b"\t")[1:] == named.stdout.split(b"\t")[1:]


@pytest.mark.skipif(not all(map(which, PROGRAMS)), reason="ffmpeg is not installed")
def test_what_ffmpeg_writes_into_a_pipe_is_labelled_as_the_file(recogniser_file, recordings):
    command = [*COMMAND, "predict", f"--model={recogniser_file}", "--top=12"]
    wav = recordings / "a.wav"
    streamed = subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", wav, "-f", "wav", "-"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert streamed.stdout[4:8] == b"\xff" * 4
    piped = subprocess.run(
        [*command, "/dev/stdin"], check=True, capture_output=True, input=streamed.stdout
    )
    named = subprocess.run([*command, wav], check=True, capture_output=True)
    assert piped.stdout.split(b"\t")[1:] == named.stdout.split(b"\t")[1:]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_output_that_cannot_be_written_is_an_error_without_a_traceback(recogniser_file, recordings):
    command = [*COMMAND, "predict", f"--model={recogniser_file}", recordings]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    assert result.stderr == "Error: standard output: No space left on device\n"


def test_neither_tensorflow_nor_kedro_is_imported(recogniser_file, recordings):
    code = (
        "import sys\n"
        "from speech_commands.command_line import main\n"
        "try: main()\n"
        "finally: print([name for name in ('tensorflow', 'keras', 'kedro', 'pandas', 'matplotlib')"
        " if name in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "predict", f"--model={recogniser_file}", recordings]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert result.stderr == "[]\n"
    assert len(result.stdout.splitlines()) == 3


def test_reader_that_leaves_early_sees_no_traceback(recogniser_file, recordings):
    command = [*COMMAND, "predict", f"--model={recogniser_file}", *[recordings] * 40]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


def test_pipelines_are_run_with_the_options_of_kedro():
    result = subprocess.run([*COMMAND, "run", "--help"], check=True, capture_output=True, text=True)
    assert "Usage: speech-commands run [OPTIONS]" in result.stdout
    assert "--pipelines" in result.stdout


def test_version_is_told():
    assert version("speech-commands") in CliRunner().invoke(main, ["--version"]).stdout


def test_a_run_that_cannot_be_says_why_in_a_line(tmp_path):
    project = copy_project(tmp_path / "project")
    command = [*COMMAND, "run", "--pipelines=spectrograms"]
    result = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    [error] = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert re.search(r"manifest has not been made yet .* --pipelines=ingest makes it$", error)


def test_a_model_may_lie_in_the_users_home(predict, recogniser_file, recordings, monkeypatch):
    monkeypatch.setenv("HOME", str(recogniser_file.parent))
    expected = predict(recordings / "a.wav").stdout
    assert predict(recordings / "a.wav", model=f"~/{recogniser_file.name}").stdout == expected
