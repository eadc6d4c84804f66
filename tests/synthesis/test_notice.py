from speech_commands.synthesis.notice import write_notice
from speech_commands.synthesis.voices import FliteVoice, speaker_id


def test_the_notice_names_engines_voices_and_terms():
    slt, rms = (FliteVoice(engine="flite", voice=name) for name in ("slt", "rms"))
    notice = write_notice({"flite": "2.2"}, {"training": [slt], "testing": [rms]})
    assert "flite 2.2" in notice
    assert f"{speaker_id(slt)}  training    flite slt" in notice
    assert f"{speaker_id(rms)}  testing     flite rms" in notice
    assert "General Public License" in notice
