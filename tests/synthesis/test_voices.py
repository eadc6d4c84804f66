import re

import pytest
from pydantic import TypeAdapter, ValidationError

from speech_commands.synthesis.voices import EspeakVoice, FliteVoice, Voice, speaker_id


def _espeak(variant: str, language: str) -> EspeakVoice:
    return EspeakVoice(engine="espeak-ng", variant=variant, language=language)


def test_an_accent_does_not_make_another_speaker():
    assert speaker_id(_espeak("Annie", "en-us")) == speaker_id(_espeak("Annie", "en-gb"))
    assert speaker_id(_espeak("Annie", "en-us")) != speaker_id(_espeak("f2", "en-us"))


def test_both_recordings_of_kal_are_one_speaker():
    kal, kal16, slt = (FliteVoice(engine="flite", voice=name) for name in ("kal", "kal16", "slt"))
    assert speaker_id(kal) == speaker_id(kal16) != speaker_id(slt)


def test_a_voice_for_the_time_of_day_is_the_same_person():
    awb, awb_time = (FliteVoice(engine="flite", voice=name) for name in ("awb", "awb_time"))
    assert speaker_id(awb) == speaker_id(awb_time)


def test_speakers_are_named_like_in_the_speech_commands_data():
    assert re.fullmatch("[0-9a-f]{8}", speaker_id(_espeak("Annie", "en-us")))


def test_the_engine_decides_which_fields_a_voice_has():
    voice = TypeAdapter(Voice).validate_python({"engine": "flite", "voice": "slt"})
    assert voice == FliteVoice(engine="flite", voice="slt")
    with pytest.raises(ValidationError, match="language"):
        TypeAdapter(Voice).validate_python({"engine": "espeak-ng", "variant": "Annie"})
