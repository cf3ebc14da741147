"""What callers say of patients and studies: lengths, signs and dates as DICOM has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcu_core.errors import BadInput
from recorder.dicom_study import Study, checked_study, is_uid, new_uid, uid_of


def test_what_is_right_is_taken_without_the_blanks_around_it() -> None:
    study = checked_study(
        Study(
            patient_name=" Wang^XiaoDong=王^小东 ",
            patient_id="病历-0001",
            birth_date="19700228",
            sex="M",
            accession="A" * 16,
            study_uid="1.2.840.113619.2.1",
        )
    )
    assert study.patient_name == "Wang^XiaoDong=王^小东"
    assert checked_study(study) == study


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient_name", "字" * 65),
        ("patient_name", "a=b=c=d"),
        ("patient_name", "a^b^c^d^e^f"),
        ("patient_id", "two\\values"),
        ("patient_id", "line\nline"),
        ("birth_date", "19700230"),
        ("birth_date", "1970-2-3"),
        ("sex", "male"),
        ("accession", "A" * 17),
        ("study_uid", "1.02.3"),
        ("study_uid", "1." + "2" * 63),
        ("description", "字" * 65),
    ],
)
def test_what_is_wrong_is_named(field: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_study(Study(**{field: value}))
    assert caught.value.field == field


@given(st.text(max_size=80), st.sampled_from(Study.__struct_fields__))
def test_any_text_is_taken_or_refused(text: str, field: str) -> None:
    study = Study(**{field: text})
    try:
        taken = checked_study(study)
    except BadInput:
        return
    assert checked_study(taken) == taken


def test_uids_are_legal_and_come_again() -> None:
    assert is_uid(new_uid())
    assert new_uid() != new_uid()
    assert is_uid(uid_of("2.25.1", 1))
    assert uid_of("2.25.1", 1) == uid_of("2.25.1", 1) != uid_of("2.25.1", 2)
