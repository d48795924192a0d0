"""Bad records are refused with what, where and what to do; good ones beside them are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from revrec.errors import FeedError
from revrec.feeds.adapters import adapter_of
from revrec.feeds.documents import read_json, read_yaml
from revrec.feeds.loading import load
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import MODELS, fact_of, of_fact
from revrec.feeds.scenario import read_scenario, schema
from revrec.model.fact import FactKind
from tests.books import EXAMPLES, examples, facts_of

PAYMENT = {"kind": "payment", "id": "P", "contract": "C", "on": "2026-01-31", "amount": "1.00"}


def test_decimals_are_never_floats() -> None:
    """An amount written without quotes keeps its digits, in YAML and in JSON."""
    assert read_yaml("a: 0.10", "t") == {"a": "0.10"}
    assert read_json('{"a": 0.10}', "t") == {"a": "0.10"}


def test_on_and_no_are_words() -> None:
    """YAML 1.1 would read the key `on` and the country NO as truth values."""
    assert read_yaml("on: NO", "t") == {"on": "NO"}


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (PAYMENT | {"kind": "gift"}, r"`kind` is 'gift'"),
        ([1], r"a record is an object"),
        ({key: PAYMENT[key] for key in PAYMENT if key != "on"}, r"`on`: Field required"),
        (PAYMENT | {"amount": "1,000.00"}, r"`amount`: .*given: '1,000.00'"),
        (PAYMENT | {"amount": "NaN"}, r"`amount`: "),
        (PAYMENT | {"amount": "Infinity"}, r"`amount`: "),
        (PAYMENT | {"on": "31.01.2026"}, r"`on`: .*given: '31.01.2026'"),
        (PAYMENT | {"surprise": "x"}, r"`surprise`: "),
        (PAYMENT | {"on": "0001-01-01"}, r"takes effect on 0001-01-01"),
        (PAYMENT | {"id": "half \ud800"}, r"half of a surrogate pair"),
        (PAYMENT | {"id": "nul \x00"}, r"has a NUL character"),
    ],
    ids=[
        "kind",
        "shape",
        "missing",
        "thousands",
        "nan",
        "infinity",
        "date",
        "unknown-field",
        "ancient",
        "surrogate",
        "nul",
    ],
)
def test_a_record_that_does_not_fit_is_refused(record: object, told: str) -> None:
    """The message names the field and the value."""
    with pytest.raises(FeedError, match=told):
        fact_of(record, "payments.ndjson, line 3")


def test_a_text_that_only_shows_like_a_nul_is_kept() -> None:
    """A backslash and letters are no NUL, however they are escaped."""
    told = r"a \u0000 and \x00"

    assert told == fact_of(PAYMENT | {"id": told}, "t").key


@pytest.mark.parametrize("currency", ["usd", "US$", "XYZ", ""])
def test_a_currency_that_does_not_exist_is_refused(currency: str) -> None:
    """ISO 4217 codes only."""
    contract = {
        "kind": "contract",
        "id": "C",
        "customer": "c",
        "currency": currency,
        "inception": "2026-01-01",
        "obligations": [],
        "consideration": [],
    }
    with pytest.raises(FeedError, match="not an ISO 4217 currency code"):
        fact_of(contract, "test")


def test_a_bad_line_does_not_stop_a_good_one(tmp_path: Path) -> None:
    """Every line is either a fact or a rejection with its place."""
    path = tmp_path / "events.ndjson"
    path.write_text(
        '{"kind":"payment","id":"A","contract":"C","on":"2026-01-01","amount":"1.00"}\n'
        "not json\n"
        '{"kind":"payment","id":"B","contract":"C","on":"2026-01-01","amount":"x"}\n'
        "\n"
        '{"kind":"payment","id":"D","contract":"C","on":"2026-01-01","amount":2.50}\n',
        encoding="utf-8",
    )

    loaded = load(path)

    assert [fact.key for fact in loaded.facts] == ["A", "D"]
    assert [each.place for each in loaded.rejections] == ["line 2", "line 3"]


def test_malformed_yaml_names_the_line(tmp_path: Path) -> None:
    """The place of the fault is in the message."""
    path = tmp_path / "case.yaml"
    path.write_text("title: x\ncontracts: [\n", encoding="utf-8")

    with pytest.raises(FeedError, match="line 3"):
        read_scenario(path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """The byte at fault is named."""
    path = tmp_path / "case.yaml"
    path.write_bytes(b"title: \xff\xfe")

    with pytest.raises(FeedError, match="not UTF-8 at byte 7"):
        read_scenario(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Reading what is not there is a deliberate error."""
    with pytest.raises(FeedError, match="No such file"):
        load(tmp_path / "nothing.yaml")


def test_an_election_that_is_not_supported_is_refused() -> None:
    """The values on offer are named."""
    with pytest.raises(FeedError, match="midpoint"):
        with_elections(default_policy(), {"selling_price_in_range": "whatever"})
    with pytest.raises(FeedError, match="Elections are"):
        with_elections(default_policy(), {"vibes": "good"})


def test_facts_to_json_and_back_are_the_same() -> None:
    """The stored form loses nothing, and the hash is of the stored form."""
    for fact in facts_of(examples()):
        again = fact_of({"kind": fact.kind.value, **fact.body}, "again")
        assert again == fact
        assert again.digest == fact.digest
        assert adapter_of(MODELS[fact.kind]).validate_python(fact.body) == of_fact(fact)


def test_every_example_fits_the_published_schema() -> None:
    """The JSON Schema that ships accepts what the reader accepts."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    for path in sorted(EXAMPLES.rglob("*.yaml")):
        document = read_yaml(path.read_text(encoding="utf-8"), path.name)
        plain = _plain(document)
        assert [error.message for error in validator.iter_errors(plain)] == [], path.name


def _plain(value: object) -> object:
    """Dates as text, as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | bool | None) else str(value)


def test_every_kind_of_fact_has_its_model() -> None:
    """No kind can be recorded that cannot be read."""
    assert set(MODELS) == set(FactKind)


def test_a_part_of_a_document_that_is_no_list_of_records_is_refused(tmp_path):
    """What is not understood is said, whether its name or its form is wrong; the rest is taken."""
    path = tmp_path / "book.yaml"
    path.write_text(
        "title: a book\n"
        "variable_components: [{id: V, contract: C, on: 2026-01-01, component: bonus,\n"
        "  method: most_likely_amount, consideration: bonus,\n"
        "  outcomes: [{amount: '5', probability: '1'}]}]\n"
        "variable_component: [{id: W}]\n"
        "contracts: 5\n"
    )

    loaded = load(path)

    assert [("variable_component", "V")] == [(each.kind, each.key) for each in loaded.facts]
    assert ["variable_component", "contracts"] == [each.place for each in loaded.rejections]
    assert "no list of records" in loaded.rejections[0].message
