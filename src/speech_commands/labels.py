"""The labels a recogniser chooses from, and how spoken words map to them."""

from collections.abc import Mapping
from typing import Annotated, Any
from unicodedata import normalize

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

BACKGROUND_NOISE = "_background_noise_"
"""The folder of long recordings without speech, in every release of the dataset."""


def composed(text: str) -> str:
    """Text in the one spelling used here, NFC: macOS and others take umlauts and the like apart."""
    return normalize("NFC", text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(
            f"{value!r} is no text: YAML takes a bare on, off, yes, no, null or number for "
            "something else; words go in quotes"
        )
    return composed(value)


Word = Annotated[str, BeforeValidator(_text)]
"""A word or another label in the parameters."""


RESERVED = frozenset({"name", "fingerprint"})
"""Columns that stand beside those of the labels where probabilities are stored."""


class Labels(BaseModel):
    """The words to recognise, and the two labels for everything else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[Word, ...]
    silence: Word
    unknown: Word

    @model_validator(mode="after")
    def _distinct(self) -> "Labels":
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"labels must differ from each other; got {', '.join(self.names)}")
        if taken := RESERVED & set(self.names):
            raise ValueError(
                f"no label can be called {' or '.join(sorted(taken))}, as other columns of the "
                "table of probabilities are; call the folder otherwise"
            )
        if not self.words:
            raise ValueError("labels.words is empty; at least one word is needed")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All labels; their order is the order of a model's outputs."""
        return (*self.words, self.silence, self.unknown)

    def of_word(self, word: str) -> str:
        """The label of a folder's clips: its word if that is to be recognised, else `unknown`.

        A folder that is called as silence is holds silence.
        """
        return word if word in (*self.words, self.silence) else self.unknown

    def index(self, label: str) -> int:
        """A label's place among a model's outputs."""
        return self.names.index(label)

    def weights(self, named: Mapping[str, float], parameter: str) -> np.ndarray:
        """Weights of all labels, from those of some.

        Args:
            named: label to weight; a label that is not named weighs 1.
            parameter: where they were given, for the error.

        Returns:
            Shape (labels,), float64.

        Raises:
            ValueError: if a weight is given for what is no label.
        """
        strangers = set(named) - set(self.names)
        if strangers:
            raise ValueError(
                f"{parameter} names {', '.join(sorted(strangers))}; the labels are "
                f"{', '.join(self.names)}"
            )
        return np.array([named.get(label, 1.0) for label in self.names])
