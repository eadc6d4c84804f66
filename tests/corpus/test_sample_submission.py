import pytest
from corpus_maker import pack_seven_zip

from speech_commands.archives.member import ArchiveError, Limits
from speech_commands.archives.opening import open_archive
from speech_commands.corpus.sample_submission import read_sample_submission


@pytest.fixture
def opened(tmp_path):
    def pack(**files):
        members = [(name.replace("__", "."), data) for name, data in files.items()]
        path = pack_seven_zip(tmp_path / "sample_submission.7z", members)
        return open_archive(path, Limits(10**6, 10**6))

    return pack


def test_rows_stay_in_order_and_text_stays_text(opened):
    table = read_sample_submission(
        opened(sample_submission__csv=b"fname,label\nb.wav,no\nnull,silence\n001,up\n")
    )
    assert table["fname"].to_list() == ["b.wav", "null", "001"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,label\na.wav,no\n", "the columns of sample_submission.csv are name, label"),
        (b"fname,label\n", "no rows"),
        (b"fname,label\na.wav,no\na.wav,up\n", r"names a\.wav more than once"),
        (b"", "no CSV file"),
        (b"fname,label\n\xff\xfe,no\n", "no CSV file"),
    ],
)
def test_other_content_is_refused(opened, content, message):
    with pytest.raises(ValueError, match=message):
        read_sample_submission(opened(sample_submission__csv=content))


def test_absent_file_is_named(opened):
    with pytest.raises(
        ArchiveError, match=r"one sample_submission\.csv is expected in it, found 0"
    ):
        read_sample_submission(opened(other__csv=b"fname,label\n"))
