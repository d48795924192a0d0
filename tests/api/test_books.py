"""Two books over HTTP and on the command line."""

from __future__ import annotations

from tests.api.requests import CONTRACT, close, record

SECOND = {"kind": "second_book", "framework": "ifrs15", "effective_from": "2026-01-01"}


def test_two_books_are_compared(as_):
    """A contract whose price is 60% likely to be collected: one under IFRS 15 alone."""
    missing = as_("cleo").get("/v1/books/comparison", params={"period": "2026-01"})
    assert (404, "not-found") == (missing.status_code, missing.json()["code"])
    record(as_("ana"), [SECOND, {**CONTRACT, "collection_probability": "0.6"}], "facts")
    assert 200 == close(as_("ana"), "2026-01", "close").status_code

    told = as_("cleo").get("/v1/books/comparison", params={"period": "2026-01"}).json()

    assert ("asc606", "ifrs15") == (told["first"], told["second"])
    income = next(each for each in told["differences"] if each["account"] == "revenue")
    assert "0.00" == income["first"] == income["unexplained"]
    assert {"collectibility": income["second"]} == income["by_rule"]
    assert all(each["left"] == each["right"] for each in told["checks"])


def test_the_rules_of_both_frameworks(as_):
    """Those that differ have a value for each framework; the others have none, and a reason."""
    listed = as_("cleo").get("/v1/books/rules").json()

    told = {each["rule"]: each for each in listed}
    assert {"collectibility_probable": {"asc606": "75%", "ifrs15": "50%"}} == told[
        "collectibility"
    ]["elections"]
    assert {} == told["sales_taxes"]["elections"]
    assert all(each["because"] for each in listed)
