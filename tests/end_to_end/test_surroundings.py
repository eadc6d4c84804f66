"""Runs in odd surroundings: names, clocks, locales, links, inputs that must not be written to."""

import subprocess
from shutil import which

import pandas as pd
import py7zr
import pytest
from corpus_maker import pack_seven_zip
from project_runner import ARCHIVES, copy_project, kedro

SUBMISSION = "data/07_model_output/submission.csv"
MANIFEST = "data/02_intermediate/manifest.parquet"
RENAMED = {
    "cat": "кот",
    "dog": "große İı Hunde",
    "0a7c2a8d": "Zoë Ångström",
    "a60a09cf": "山田 太郎",
    "clip_000000003": "klipp å 3",
    "hiss": "Zischen, öfter",
}
"""What names of the tiny corpus contain, to what they contain here."""


def rename(text):
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def far_corpus(tiny_corpus, tmp_path_factory):
    """The tiny corpus, with words, speakers and clips that have spaces and all sorts of letters."""
    folder = tmp_path_factory.mktemp("far_corpus")
    for name in ARCHIVES:
        factory = py7zr.io.BytesIOFactory(10**6)
        with py7zr.SevenZipFile(tiny_corpus / name) as archive:
            archive.extract(targets=archive.namelist(), factory=factory)
        members = []
        for path, file in factory.products.items():
            content = file.read()
            if not path.endswith(".wav"):
                content = rename(content.decode()).encode()
            members.append((rename(path), content))
        pack_seven_zip(folder / name, members)
    return folder


@pytest.fixture(scope="module")
def plain_run(far_corpus, tmp_path_factory):
    """A project folder in which that corpus has been worked on in plain surroundings."""
    project = copy_project(tmp_path_factory.mktemp("plain") / "project", far_corpus)
    status, log = kedro(project, "run", "--env=test")
    assert status == 0, log
    return project


@pytest.fixture
def far_project(far_corpus, tmp_path):
    """A project below a folder with an odd name; its data folder is a link, its inputs are fixed.

    The superuser may write to them all the same; that nothing does shows in what they are later.
    """
    project = copy_project(tmp_path / "Mein Projekt, Москва 音声 ü" / "project", far_corpus)
    elsewhere = tmp_path / "andere Platte é"
    (project / "data").rename(elsewhere)
    (project / "data").symlink_to(elsewhere)
    raw = elsewhere / "01_raw"
    for path in (*raw.iterdir(), raw):
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in raw.iterdir()}
    yield project
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in raw.iterdir()} == before
    raw.chmod(0o755)


def no_locale(tmp_path):
    """No locale, as cron and containers have it; Python takes names for UTF-8 then."""
    return {"LC_ALL": "C"}


def turkish(tmp_path):
    """The locale tr_TR.UTF-8, in which the lower case of I is a dotless one."""
    folder = tmp_path / "locales"
    folder.mkdir()
    if which("localedef") is None:
        pytest.skip("no localedef")
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", folder / "tr_TR.UTF-8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"localedef cannot make the locale: {done.stderr}")
    return {"LC_ALL": "tr_TR.UTF-8", "LOCPATH": str(folder), "PYTHONUTF8": "0"}


@pytest.mark.parametrize("locale", [no_locale, turkish])
def test_the_submission_does_not_depend_on_the_surroundings(
    locale, plain_run, far_project, tmp_path, monkeypatch
):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    for name, value in locale(tmp_path).items():
        monkeypatch.setenv(name, value)
    status, log = kedro(far_project, "run", "--env=test")
    assert status == 0, log
    assert (far_project / SUBMISSION).read_bytes() == (plain_run / SUBMISSION).read_bytes()
    manifest = pd.read_parquet(far_project / MANIFEST)
    pd.testing.assert_frame_equal(manifest, pd.read_parquet(plain_run / MANIFEST))
    assert {"кот", "große İı Hunde"} < set(manifest["word"])
    assert {"Zoë Ångström", "山田 太郎"} < set(manifest["speaker"])
    submission = pd.read_csv(far_project / SUBMISSION)
    assert "klipp å 3.wav" in set(submission["fname"])
