"""Parameters of the download pipeline."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator


class Release(BaseModel):
    """One published archive of the open dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl
    size_bytes: int = Field(gt=0)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return (self.url.path or "").rpartition("/")[2]

    @model_validator(mode="after")
    def _named(self) -> "Release":
        if not self.file_name:
            raise ValueError(f"url {self.url} ends without a file name; one is needed")
        return self


class DownloadParams(BaseModel):
    """Which archive to fetch, and from where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    releases: dict[str, Release]

    @model_validator(mode="after")
    def _known_version(self) -> "DownloadParams":
        if self.version not in self.releases:
            allowed = ", ".join(sorted(self.releases))
            raise ValueError(f"version is {self.version!r}; allowed are {allowed}")
        return self
