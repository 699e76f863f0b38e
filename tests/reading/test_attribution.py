"""The attribution that is committed is the one that the declarations give."""

from pipeline.reading.attribution import PATH, text


def test_the_file_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m pipeline.reading.attribution"
