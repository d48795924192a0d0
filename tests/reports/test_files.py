from __future__ import annotations

import stat

import pytest

from reports.cover import Cover
from reports.files import atomically, file_name, sha256_of
from revrec.errors import ReportError, SelfApproval, StoreError
from tests.reports import samples


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "Lumen-Vale-AI-Inc_US-GAAP_2026-03_Schedules_v1_R20260403A.xlsx"),
        (
            {"entity": "../Über_Æ", "book": "IFRS 15", "version": 2, "run_id": "a/b c"},
            "ber_IFRS-15_2026-03_Schedules_v2_a-b-c.xlsx",
        ),
        (
            {"entity": "東京", "period": "2026-01..2026-03"},
            "none_US-GAAP_2026-01..2026-03_Schedules_v1_R20260403A.xlsx",
        ),
    ],
)
def test_a_name_says_entity_book_period_report_version_and_run(changes, name):
    """Underscores only between the parts, so that a program can split the name."""
    assert name == file_name(samples.cover(**changes))
    assert 5 == name.count("_")


def test_a_file_appears_whole(tmp_path):
    """While it is written the old file stands; afterwards the new one, readable by others."""
    path = tmp_path / "new" / "file.txt"
    with atomically(path) as target:
        target.write_text("first", encoding="utf-8")
        assert not path.exists()
    with atomically(path) as target:
        target.write_text("second", encoding="utf-8")
        assert "first" == path.read_text(encoding="utf-8")

    assert "second" == path.read_text(encoding="utf-8")
    assert 0o644 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(path.parent.iterdir())


def test_a_failure_leaves_the_old_file(tmp_path):
    """An error while writing changes nothing and leaves nothing behind."""
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")

    def fail():
        with atomically(path) as target:
            target.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [path] == list(tmp_path.iterdir())
    assert "old" == path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    """A file where the folder should be: said with the reason, not a traceback."""
    (tmp_path / "taken").write_text("", encoding="utf-8")

    with (
        pytest.raises(StoreError, match=r"book\.xlsx cannot be written to .*taken"),
        atomically(tmp_path / "taken" / "book.xlsx"),
    ):
        pass


def test_the_hash_is_sha_256(tmp_path):
    """The published digest of the three letters abc."""
    (tmp_path / "abc").write_text("abc", encoding="utf-8")

    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == sha256_of(
        tmp_path / "abc"
    )


@pytest.mark.parametrize(
    "changes", [{"approved_by": None}, {"closed_at": None}, {"chain_head": ""}]
)
def test_a_closed_report_has_approver_time_and_chain(changes):
    """Nobody can print Closed on figures that nobody approved."""
    with pytest.raises(ReportError, match="says Closed"):
        samples.cover(**changes)


def test_preparer_and_approver_differ():
    """The same refusal as at the close."""
    with pytest.raises(SelfApproval, match=r"prepared and approved by ana\.preparer"):
        samples.cover(approved_by="ana.preparer")


def test_times_have_a_zone():
    """A time without a zone is a time nobody can compare."""
    naive = samples.cover().as_of.replace(tzinfo=None)

    with pytest.raises(ReportError, match="as_of 2026-04-03T14:05:30 has no time zone"):
        samples.cover(as_of=naive)


def test_a_draft_needs_little():
    """What a flash close knows is enough."""
    draft = Cover(
        entity="E",
        report="Flash",
        period="2026-03",
        as_of=samples.cover().as_of,
        functional_currency="USD",
        run_id="1",
        engine_version="1.0.0",
        facts_version=7,
        prepared_by="ana",
    )

    assert ("facts 1 to 7, no usage", "Prepared by ana, not yet approved") == (
        draft.inputs,
        draft.signatures,
    )


def test_waived_gates_stand_beside_the_signatures():
    """On every sheet and in every manifest that carries them."""
    cover = samples.cover(waived=("rows-set-aside-are-few waived by ana and ben: test data",))

    assert cover.signatures.endswith("; rows-set-aside-are-few waived by ana and ben: test data")
