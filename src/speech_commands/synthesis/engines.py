"""Text-to-speech engines, run as command line programs through pipes."""

import io
import re
import shutil
import subprocess
import wave
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from speech_commands.audio.fragments import FULL_SCALE
from speech_commands.audio.wav import Recording
from speech_commands.audio.waveform import to_mono
from speech_commands.synthesis.voices import EspeakVoice, FliteVoice

TIMEOUT_S = 60
PROBE = "seven"
"""Said to find out whether two voices differ."""

ESPEAK_WORDS_PER_MINUTE = 175
"""espeak-ng's own rate, see `espeak-ng --help`."""
ESPEAK_NEUTRAL_PITCH = 50
ESPEAK_HIGHEST_PITCH = 99
ESPEAK_PITCH_PER_SEMITONE = 50 / 12
"""Its pitch scale runs from half (0) to twice (99) the voice's own pitch."""


class EngineError(RuntimeError):
    """An engine that is missing, lacks a voice, or did not speak."""


@dataclass(frozen=True)
class Prosody:
    """How a word is said.

    Attributes:
        rate: speed, as a multiple of the engine's own.
        pitch_semitones: pitch above the voice's own; flite's rms voice ignores it.
    """

    rate: float
    pitch_semitones: float


class Engine(Protocol):
    """A command line program that turns text into a wav file."""

    program: str
    package: str

    def version(self) -> str:
        """The engine's version, for the record."""
        ...

    def voices(self) -> frozenset[str]:
        """What is installed, as in a voice's `installed_name`."""
        ...

    def command(self, voice: EspeakVoice | FliteVoice, text: str, prosody: Prosody) -> list[str]:
        """The arguments that make it write a wav file to its standard output."""
        ...


class Espeak:
    """espeak-ng: formant synthesis, https://github.com/espeak-ng/espeak-ng."""

    program = "espeak-ng"
    package = "espeak-ng"

    def version(self) -> str:
        """The engine's version, e.g. `1.51`."""
        return _first_match(r"text-to-speech: (\S+)", _run([self.program, "--version"]))

    def voices(self) -> frozenset[str]:
        """The variants that are installed."""
        listing = _run([self.program, "--voices=variant"]).decode()
        return frozenset(re.findall(r"!v/(.*?)\s*(?:\(.*)?$", listing, re.MULTILINE))

    def command(self, voice: EspeakVoice | FliteVoice, text: str, prosody: Prosody) -> list[str]:
        """The arguments that make it write a wav file to its standard output."""
        pitch = ESPEAK_NEUTRAL_PITCH + ESPEAK_PITCH_PER_SEMITONE * prosody.pitch_semitones
        return [
            self.program,
            *("-v", voice.name),
            *("-s", str(round(ESPEAK_WORDS_PER_MINUTE * prosody.rate))),
            *("-p", str(min(max(round(pitch), 0), ESPEAK_HIGHEST_PITCH))),
            *("-z", "--stdout", "--", text),
        ]


class Flite:
    """flite: diphone and statistical synthesis from recordings, http://cmuflite.org."""

    program = "flite"
    package = "flite"

    def version(self) -> str:
        """The engine's version, e.g. `flite-2.2-current`."""
        return _first_match(r"version: (\S+)", _run([self.program, "--version"], 1))

    def voices(self) -> frozenset[str]:
        """The voices that are installed."""
        return frozenset(_run([self.program, "-lv"]).decode().partition(":")[2].split())

    def command(self, voice: EspeakVoice | FliteVoice, text: str, prosody: Prosody) -> list[str]:
        """The arguments that make it write a wav file to its standard output."""
        return [
            self.program,
            *("-voice", voice.name),
            *("--setf", f"duration_stretch={1 / prosody.rate:.4f}"),
            *("--setf", f"f0_shift={2 ** (prosody.pitch_semitones / 12):.4f}"),
            *("-t", text, "-o", "/dev/stdout"),
        ]


ENGINES: dict[str, Engine] = {"espeak-ng": Espeak(), "flite": Flite()}


def check_voices(voices: Collection[EspeakVoice | FliteVoice]) -> None:
    """Make sure that every voice can speak: the engines fall back on a default voice silently.

    Raises:
        EngineError: if an engine is not installed, lacks a voice, or ignores the variant in that
            language (as espeak-ng 1.51 does with `en-gb`, but not with `en`); the message says
            which.
    """
    for name in sorted({voice.engine for voice in voices}):
        installed = ENGINES[name].voices()
        wanted = {voice.installed_name for voice in voices if voice.engine == name}
        if missing := sorted(wanted - installed):
            raise EngineError(f"{name} lacks these voices: {', '.join(missing)}")
    ignored = [v.name for v in voices if isinstance(v, EspeakVoice) and _ignores_variant(v)]
    if ignored:
        raise EngineError(
            f"espeak-ng ignores the variant of these voices: {', '.join(ignored)}; another name "
            "of the same language may help, see `espeak-ng --voices`"
        )


def speak(
    voice: EspeakVoice | FliteVoice, text: str, prosody: Prosody, sample_rate_hz: int
) -> np.ndarray:
    """Say a text.

    Args:
        voice: who says it.
        text: what is said.
        prosody: how it is said.
        sample_rate_hz: the sample rate wanted.

    Returns:
        The speech, with whatever silence the engine puts around it; (samples,) float32 in [-1, 1].

    Raises:
        EngineError: if the engine is not installed or made no sound.
    """
    recording = _run(ENGINES[voice.engine].command(voice, text, prosody))
    speech, rate_hz = _decode(recording)
    if not speech.any():
        raise EngineError(f"{voice.engine} made no sound for {text!r} with voice {voice.name}")
    resampled = to_mono(Recording(speech[:, np.newaxis], rate_hz), sample_rate_hz)
    return np.clip(resampled, -1, 1)


def _run(command: list[str], status: int = 0) -> bytes:
    """Run a program and return what it writes to its standard output.

    Args:
        command: the program and its arguments.
        status: the exit status with which it reports success; `flite --version` exits with 1.
    """
    program = shutil.which(command[0])
    if program is None:
        package = ENGINES[command[0]].package
        raise EngineError(
            f"the text-to-speech program {command[0]} is not installed or not on the PATH; "
            f"on Debian and Ubuntu: apt-get install {package}; or take its voices out of the "
            "parameters"
        )
    # The arguments are a list, so no shell reads them.
    done = subprocess.run(  # noqa: S603
        [program, *command[1:]], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    if done.returncode != status:
        reason = done.stderr.decode(errors="replace").strip()
        raise EngineError(f"{command[0]} failed with status {done.returncode}: {reason}")
    return done.stdout


def _ignores_variant(voice: EspeakVoice) -> bool:
    with_variant, without = (
        _run([voice.engine, "-v", name, "--stdout", "--", PROBE])
        for name in (voice.name, voice.language)
    )
    return with_variant == without


def _decode(recording: bytes) -> tuple[np.ndarray, int]:
    """Read a mono 16-bit wav file whose header may promise more than there is."""
    if not recording:
        return np.zeros(0, np.float32), 1
    with wave.open(io.BytesIO(recording)) as file:
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples.astype(np.float32) / FULL_SCALE, rate_hz


def _first_match(pattern: str, text: bytes) -> str:
    found = re.search(pattern, text.decode(errors="replace"))
    return found.group(1) if found else "unknown version"
