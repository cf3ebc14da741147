"""Grams: whatever is part of a text is among its candidates."""

from hypothesis import given
from hypothesis import strategies as st

from control_api.persistence.grams import asked, compared, grams, owned

SIGNS = st.text(alphabet="胆囊切除术患者abcAB12 -，１Ａ", max_size=30)


def test_chinese_is_cut_by_twos_and_other_writing_by_words() -> None:
    assert grams(compared("胆囊 切除 CT-3")) == ["胆囊", "囊切", "切除", "除", "ct", "3"]
    assert asked("胆囊切") == [("胆囊", False), ("囊切", False)]
    assert asked("胆") == [("胆", True)]
    assert asked("ＣＴ平扫") == [("ct", True), ("平扫", False)]
    assert asked("%*") == []


def test_organisations_are_marked_with_all_that_they_are_below() -> None:
    assert owned("") == []
    assert owned("一院/放射科")[0] == owned("一院")[0]
    assert len(owned("一院/放射科")) == 2


@given(SIGNS, st.integers(0, 30), st.integers(1, 8))
def test_what_begins_at_a_sign_or_word_is_a_candidate(text: str, at: int, length: int) -> None:
    words = compared(text)
    part = words[at : at + length]
    begins = at == 0 or not (words[at - 1 : at].isascii() and words[at - 1 : at].isalnum())
    if not part or not begins:
        return
    there = grams(words)
    for gram, open_ in asked(part):
        assert any(one.startswith(gram) if open_ else one == gram for one in there)
