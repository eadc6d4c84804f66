"""Parameters of the spectrograms pipeline."""

from pydantic import BaseModel, ConfigDict, Field

from speech_commands.audio.spectrogram import Rendering


class SpectrogramParams(BaseModel):
    """How spectrogram images are rendered and stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rendering: Rendering
    png_compress_level: int = Field(ge=0, le=9)
    chunk_size: int = Field(ge=1)
    sheet_clips_per_label: int = Field(ge=1)
