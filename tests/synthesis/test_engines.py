import shutil

import numpy as np
import pytest

from speech_commands.synthesis import engines
from speech_commands.synthesis.engines import EngineError, Prosody, check_voices, speak
from speech_commands.synthesis.voices import EspeakVoice, FliteVoice

RATE_HZ = 16_000
ANNIE = EspeakVoice(engine="espeak-ng", variant="Annie", language="en-us")
SLT = FliteVoice(engine="flite", voice="slt")
VOICES = [
    pytest.param(
        voice,
        marks=pytest.mark.skipif(
            shutil.which(voice.engine) is None, reason=f"{voice.engine} is not installed"
        ),
    )
    for voice in (ANNIE, SLT)
]


@pytest.mark.parametrize("voice", [ANNIE, SLT])
def test_a_missing_engine_is_named_with_the_way_to_install_it(voice, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=f"{voice.engine} is not installed.*apt-get install"):
        speak(voice, "yes", Prosody(1, 0), RATE_HZ)


def test_a_failing_engine_is_reported_with_its_own_words(monkeypatch, tmp_path):
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\necho no such voice >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(EngineError, match="flite failed with status 3: no such voice"):
        speak(SLT, "yes", Prosody(1, 0), RATE_HZ)


def test_an_engine_that_says_nothing_is_an_error(monkeypatch, tmp_path):
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(EngineError, match="no sound for 'yes'"):
        speak(SLT, "yes", Prosody(1, 0), RATE_HZ)


@pytest.mark.parametrize("prosody", [Prosody(1, -60), Prosody(1, 60)])
def test_pitch_stays_on_the_scale_of_espeak(prosody):
    command = engines.Espeak().command(ANNIE, "yes", prosody)
    assert 0 <= int(command[command.index("-p") + 1]) <= 99


def test_a_text_is_never_taken_for_an_option():
    command = engines.Espeak().command(ANNIE, "--help", Prosody(1, 0))
    assert command[-2:] == ["--", "--help"]


@pytest.mark.parametrize("voice", VOICES)
def test_speech_is_float_at_the_rate_asked_for(voice):
    speech = speak(voice, "seven", Prosody(1, 0), RATE_HZ)
    assert speech.dtype == np.float32
    assert 0.2 * RATE_HZ < len(speech) < 1.5 * RATE_HZ
    assert 0.05 < np.abs(speech).max() <= 1


@pytest.mark.parametrize("voice", VOICES)
def test_the_same_words_sound_the_same_each_time(voice):
    first, again = (speak(voice, "stop", Prosody(1.1, 1), RATE_HZ) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, speak(voice, "go", Prosody(1.1, 1), RATE_HZ)[: len(first)])


@pytest.mark.parametrize("voice", VOICES)
def test_a_higher_rate_is_faster(voice):
    slow, fast = (len(speak(voice, "marvin", Prosody(rate, 0), RATE_HZ)) for rate in (0.8, 1.3))
    assert fast < 0.85 * slow


@pytest.mark.parametrize("voice", VOICES)
def test_pitch_changes_the_sound(voice):
    low, high = (speak(voice, "no", Prosody(1, pitch), RATE_HZ) for pitch in (-3, 3))
    assert len(low) != len(high) or not np.allclose(low, high)


@pytest.mark.parametrize("voice", VOICES)
def test_a_voice_that_is_not_installed_is_not_replaced_silently(voice):
    check_voices([voice])
    absent = voice.model_copy(update={"variant": "nobody", "voice": "nobody"})
    with pytest.raises(EngineError, match=f"{voice.engine} lacks these voices: .*nobody"):
        check_voices([voice, absent])


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_variant_without_effect_is_noticed(monkeypatch):
    original = EspeakVoice.name.fget
    monkeypatch.setattr(
        EspeakVoice,
        "name",
        property(lambda v: v.language if v.variant == "f2" else original(v)),
    )
    with pytest.raises(EngineError, match="ignores the variant of these voices: en-us"):
        check_voices([ANNIE, ANNIE.model_copy(update={"variant": "f2"})])
