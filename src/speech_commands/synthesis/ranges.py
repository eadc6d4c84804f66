"""A range of values to draw from."""

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator


class Range(BaseModel):
    """Values from low to high, all equally likely."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low > self.high:
            raise ValueError(f"low is {self.low:g}, above high, which is {self.high:g}")
        return self

    def draw(self, generator: np.random.Generator) -> float:
        """Draw one value."""
        return float(generator.uniform(self.low, self.high))
