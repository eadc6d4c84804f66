"""Parameters of the synthetic_corpus pipeline."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.synthesis.clip import Variation
from speech_commands.synthesis.noise import NOISE_MAKERS
from speech_commands.synthesis.voices import Voice

BABBLE = "babble"

FolderName = Annotated[str, Field(pattern=r"^[^\W_][\w' -]*$")]
"""Letters, digits, and inside also `'`, `-`, `_` and spaces: it names a folder."""


class SplitVoices(BaseModel):
    """Who speaks in each split; nobody in two.

    Attributes:
        training: heard when a recogniser is trained.
        validation: heard in the clips of validation_list.txt.
        testing: heard in the clips of testing_list.txt.
        test_archive: heard in test.7z alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    training: tuple[Voice, ...] = Field(min_length=1)
    validation: tuple[Voice, ...] = Field(min_length=1)
    testing: tuple[Voice, ...] = Field(min_length=1)
    test_archive: tuple[Voice, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _disjoint(self) -> "SplitVoices":
        split_of: dict[str, str] = {}
        for split, voices in self.by_split().items():
            for timbre in {voice.timbre for voice in voices}:
                if timbre in split_of:
                    raise ValueError(
                        f"voice {timbre} is in {split_of[timbre]} and in {split}; a speaker "
                        "belongs to one split"
                    )
                split_of[timbre] = split
        return self

    def by_split(self) -> dict[str, tuple[Voice, ...]]:
        """Split name to its voices."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def all(self) -> tuple[Voice, ...]:
        """Every voice of every split."""
        return tuple(voice for voices in self.by_split().values() for voice in voices)


class ClipsPerWord(BaseModel):
    """How many clips a word has in each split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    training: int = Field(ge=0)
    validation: int = Field(ge=0)
    testing: int = Field(ge=0)
    test_archive: int = Field(ge=0)


class BackgroundParams(BaseModel):
    """The long recordings without speech.

    Attributes:
        duration_ms: of each recording.
        level_dbfs: recording to its root mean square level; babble is made by the voices.
        babble_words: how many words are heard in babble.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    duration_ms: int = Field(gt=0)
    level_dbfs: dict[str, float]
    babble_words: int = Field(ge=1)

    @model_validator(mode="after")
    def _known(self) -> "BackgroundParams":
        allowed = {*NOISE_MAKERS, BABBLE}
        if unknown := sorted(set(self.level_dbfs) - allowed):
            raise ValueError(
                f"unknown background recordings {', '.join(unknown)}; "
                f"allowed are {', '.join(sorted(allowed))}"
            )
        return self


class SyntheticCorpusParams(BaseModel):
    """What the corpus holds.

    Attributes:
        seed: everything random depends on it.
        sample_rate_hz: of all recordings.
        clip_ms: length of a clip.
        other_words: words that are not to be recognised.
        clips_per_command: for each word that is to be recognised.
        clips_per_other_word: for each other word.
        test_silence_clips: clips in test.7z in which nobody speaks.
        silence_noisy_share: share of them in which a background recording is heard.
        background: the long recordings.
        variation: how clips differ.
        voices: who speaks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(ge=0)
    sample_rate_hz: int = Field(gt=0)
    clip_ms: int = Field(gt=0)
    other_words: tuple[FolderName, ...]
    clips_per_command: ClipsPerWord
    clips_per_other_word: ClipsPerWord
    test_silence_clips: int = Field(ge=0)
    silence_noisy_share: float = Field(ge=0, le=1)
    background: BackgroundParams
    variation: Variation
    voices: SplitVoices

    @model_validator(mode="after")
    def _consistent(self) -> "SyntheticCorpusParams":
        if self.background.duration_ms < self.clip_ms:
            raise ValueError(
                f"background.duration_ms is {self.background.duration_ms}, less than clip_ms, "
                f"which is {self.clip_ms}"
            )
        if 2 * self.variation.margin_ms >= self.clip_ms:
            raise ValueError(
                f"variation.margin_ms ({self.variation.margin_ms:g}) at both ends leaves no room "
                f"in clips of clip_ms ({self.clip_ms})"
            )
        if len(set(self.other_words)) < len(self.other_words):
            raise ValueError("other_words holds a word twice")
        return self

    @property
    def clip_samples(self) -> int:
        """Length of a clip in samples."""
        return self.sample_rate_hz * self.clip_ms // 1000
