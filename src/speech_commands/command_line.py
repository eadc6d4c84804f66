"""The command `speech-commands`.

Kedro and TensorFlow take seconds to import, and labelling needs neither: only `run` imports them.
The module is not called `cli`: Kedro takes one of that name for additions to its own commands.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

import click

from speech_commands import shipped

ALL_LABELLED, SOME_NOT_LABELLED = 0, 1

ESCAPED = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r"})
"""Of a path, what would end a column or a line."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="speech-commands")
def main() -> None:
    """Recognise spoken commands."""


@main.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def run(options: Sequence[str]) -> None:
    """Run pipelines; takes the options of `kedro run`, which tells more of an error."""
    kedro_run = import_module("speech_commands.__main__").main
    dataset_error = import_module("kedro.io").DatasetError
    try:
        sys.exit(kedro_run(list(options), prog_name="speech-commands run"))
    except (ValueError, OSError, FloatingPointError, dataset_error) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER...", type=Path)
@click.option(
    "--model",
    default=shipped.DEFAULT,
    show_default=True,
    metavar="NAME|FILE",
    help="A recogniser that comes with the package, or a .tflite file that training has made.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Print the N most probable labels.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each recording.")
def predict(paths: Sequence[Path], model: str, top: int, as_json: bool) -> None:
    """Label recordings.

    They may be of any length, rate and format; other formats than WAV need ffmpeg. Folders are
    searched for recordings, and the folders in them. For each recording prints its path, label
    and confidence (0 to 1), separated by tabs.

    The exit status is 0 if every recording was labelled, 1 if some could not be (standard error
    tells which and why) or there are none, 2 if the command was wrong.
    """
    # Imported once the arguments are known to be right; NumPy, SciPy and LiteRT take a second.
    from speech_commands.recognition.files import find_files  # noqa: PLC0415
    from speech_commands.recognition.labelling import label_files  # noqa: PLC0415
    from speech_commands.recognition.recogniser import Recogniser  # noqa: PLC0415

    try:
        with _native_messages_hidden():
            recogniser = Recogniser(_read_model(model), model)
    except OSError as error:
        expected = f"{', '.join(shipped.names())} or a .tflite file"
        reason = f"{model}: {_reason(error)}; {expected} is expected"
        raise click.BadParameter(reason, param_hint="--model") from error
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--model") from error
    _keep_any_file_name()
    status = ALL_LABELLED
    anything = False
    for labelled in label_files(recogniser, find_files(paths)):
        anything = True
        name = str(labelled.path).translate(ESCAPED)
        if isinstance(labelled.result, Exception):
            status = SOME_NOT_LABELLED
            click.echo(f"{name}: {_reason(labelled.result)}", err=True)
            continue
        best = labelled.result.ranking[:top]
        if as_json:
            _print(_json_line(labelled.path, best, labelled.result.start_s))
        else:
            columns = [column for label, p in best for column in (label, f"{p:.3f}")]
            _print("\t".join([name, *columns]))
    if not anything:
        status = SOME_NOT_LABELLED
        click.echo(f"{', '.join(map(str, paths))}: no recordings in it", err=True)
    sys.exit(status)


def _read_model(model: str) -> bytes:
    if shipped.is_name(model):
        return shipped.read(model)
    return Path(model).expanduser().read_bytes()  # --model=~/… comes as it is from a shell


def _print(line: str) -> None:
    try:
        click.echo(line)
    except BrokenPipeError:  # whoever reads has had enough
        raise
    except OSError as error:
        with Path(os.devnull).open("wb") as nowhere:  # or Python fails once more as it ends
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise click.ClickException(f"standard output: {error.strerror}") from error


def _json_line(path: Path, best: Sequence[tuple[str, float]], start_s: float) -> str:
    (label, confidence), *_ = best
    facts = {
        "path": str(path),
        "label": label,
        "confidence": round(confidence, 6),
        "start_s": round(start_s, 3),
        "top": [{"label": label, "confidence": round(p, 6)} for label, p in best],
    }
    return json.dumps(facts)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _keep_any_file_name() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")


@contextmanager
def _native_messages_hidden() -> Iterator[None]:
    """Keep LiteRT from writing that it has found its usual kernels; it has no switch for that."""
    try:
        kept = os.dup(2)
    except OSError:  # the caller has closed it
        yield
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


if __name__ == "__main__":
    main()
