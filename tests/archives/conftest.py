import pytest

from speech_commands.archives.member import Limits

ROOMY = Limits(member_bytes=10**6, total_bytes=10**7)


@pytest.fixture
def limits():
    """Limits that no small test archive reaches."""
    return ROOMY


@pytest.fixture
def clips(tone, wav_bytes):
    """Five small members, as a dict of path to content."""
    return {f"yes/{hz}.wav": wav_bytes(tone(hz, samples=1500)) for hz in range(500, 1000, 100)}


@pytest.fixture
def target(tmp_path):
    """A folder to work in, deep below tmp_path, with a canary above it that must stay alone."""
    target = tmp_path / "above" / "target"
    target.mkdir(parents=True)
    (tmp_path / "above" / "canary").write_bytes(b"alive")
    yield target
    assert {path.name for path in tmp_path.iterdir()} == {"above"}
    assert {path.name for path in (tmp_path / "above").iterdir()} == {"target", "canary"}
    assert (tmp_path / "above" / "canary").read_bytes() == b"alive"
