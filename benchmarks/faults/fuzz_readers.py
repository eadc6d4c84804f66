r"""Let a coverage-guided fuzzer (https://github.com/google/atheris) at what reads foreign files.

Needs Atheris, which is no dependency of the project: `pip install atheris`. Checksums are made
right again after most mutations, so that the parsers behind them are reached.

    python benchmarks/faults/fuzz_readers.py --seconds 600
    python benchmarks/faults/fuzz_readers.py --seconds 60 --readers tar

Exit status 1 if a reader raised anything but its own error, took more than 2 GB or more than a
minute; the input that made it do so is then in the folder `fuzz_findings`.
"""

import argparse
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

READERS = ("wav", "tar", "seven_zip")
MEMORY_MB, TIME_S = 2000, 60
INSTRUMENTED = ["py7zr", "tarfile", "scipy.io.wavfile", "speech_commands"]
LONGEST = 20_000
UNSEALED = 4
"""One mutation in so many keeps its wrong checksums."""


def fuzz(reader: str, seconds: int, folder: Path) -> None:
    """Fuzz one reader; does not return."""
    import atheris  # noqa: PLC0415 - no dependency of the project

    with atheris.instrument_imports(include=INSTRUMENTED):  # only what is not imported yet
        import mutations  # noqa: PLC0415
        import reading  # noqa: PLC0415

        from speech_commands.archives.member import ArchiveError  # noqa: PLC0415
        from speech_commands.audio.wav import WavError  # noqa: PLC0415
    seal = {"wav": bytes, "tar": mutations.seal_tar, "seven_zip": mutations.seal_seven_zip}[reader]
    path = folder / "input"

    def read(data: bytes) -> None:
        try:
            if reader == "wav":
                reading.read_wav(data)
            else:
                path.write_bytes(data)
                reading.read_archive(path)
        except WavError:
            pass
        except ArchiveError as error:
            if str(path) not in str(error):
                raise AssertionError("the error does not name the archive") from error

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        mutated: bytes = atheris.Mutate(data, longest)
        return mutated if seed % UNSEALED == 0 else seal(mutated)

    examples = folder / "examples"
    examples.mkdir()
    for number, data in enumerate(mutations.examples(reader)):
        (examples / str(number)).write_bytes(data)
    limits = [f"-rss_limit_mb={MEMORY_MB}", f"-timeout={TIME_S}", f"-max_total_time={seconds}"]
    places = ["-artifact_prefix=fuzz_findings/", str(examples)]
    atheris.Setup(
        [sys.argv[0], f"-max_len={LONGEST}", *limits, *places], read, custom_mutator=mutate
    )
    atheris.Fuzz()


def main() -> int:
    """Fuzz each reader in a process of its own, and print how often it was called."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=600, help="for all readers together")
    parser.add_argument("--readers", nargs="+", choices=READERS, default=READERS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if find_spec("atheris") is None:
        sys.exit("Atheris is needed: pip install atheris")
    seconds = options.seconds // len(options.readers)
    if options.folder is not None:
        fuzz(options.readers[0], seconds, options.folder)
    bad = 0
    Path("fuzz_findings").mkdir(exist_ok=True)
    print("| reader | inputs | coverage | findings |\n|---|---|---|---|")
    for reader in options.readers:
        with TemporaryDirectory() as name:
            command = [sys.executable, __file__, "--seconds", str(seconds), "--readers", reader]
            done = subprocess.run(
                [*command, "--folder", name], capture_output=True, text=True, check=False
            )
        found = done.returncode != 0
        bad += found
        runs = re.findall(r"Done (\d+) runs|#(\d+)\s", done.stderr)
        coverage = re.findall(r"cov: (\d+)", done.stderr)
        inputs = max((int(number) for pair in runs for number in pair if number), default=0)
        print(
            f"| {reader} | {inputs:,} | {coverage[-1] if coverage else 0} | {int(found)} |",
            flush=True,
        )
        if found:
            print(done.stderr[-4000:], file=sys.stderr)
    if not any(Path("fuzz_findings").iterdir()):
        Path("fuzz_findings").rmdir()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
