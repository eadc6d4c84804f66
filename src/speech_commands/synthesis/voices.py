"""Who speaks: a voice of a text-to-speech engine."""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SPEAKER_ID_DIGITS = 8
"""Hexadecimal digits, as in the file names of the Speech Commands data."""


class EspeakVoice(BaseModel):
    """A voice of espeak-ng: a variant, which sets the timbre, speaking a language.

    Attributes:
        engine: the engine's name.
        variant: as in `espeak-ng --voices=variant`, without the leading `!v/`.
        language: as in `espeak-ng --voices`; it also sets the accent, e.g. `en-gb-scotland`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["espeak-ng"]
    variant: str = Field(min_length=1)
    language: str = Field(min_length=1)

    @property
    def timbre(self) -> str:
        """What two voices share that sound like one person, whatever the accent."""
        return f"{self.engine}/{self.variant}"

    @property
    def installed_name(self) -> str:
        """What has to be installed for the voice to speak."""
        return self.variant

    @property
    def name(self) -> str:
        """The voice as the engine's `-v` option takes it."""
        return f"{self.language}+{self.variant}"


class FliteVoice(BaseModel):
    """A voice of flite, recorded from one person speaking English.

    Attributes:
        engine: the engine's name.
        voice: as in `flite -lv`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["flite"]
    voice: str = Field(min_length=1)

    @property
    def timbre(self) -> str:
        """What two voices share that sound like one person."""
        person = self.voice.removesuffix("16").removesuffix("_time")  # e.g. kal and kal16
        return f"{self.engine}/{person}"

    @property
    def installed_name(self) -> str:
        """What has to be installed for the voice to speak."""
        return self.voice

    @property
    def name(self) -> str:
        """The voice as the engine's `-voice` option takes it."""
        return self.voice


Voice = Annotated[EspeakVoice | FliteVoice, Field(discriminator="engine")]


def speaker_id(voice: EspeakVoice | FliteVoice) -> str:
    """Name a speaker as the Speech Commands data do.

    Returns:
        8 hexadecimal digits that depend on the voice's timbre alone.

    >>> speaker_id(FliteVoice(engine="flite", voice="kal16"))
    '13b5f5c6'
    """
    return sha256(voice.timbre.encode()).hexdigest()[:SPEAKER_ID_DIGITS]
