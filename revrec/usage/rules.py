"""The rules a usage row must keep: named, in order of precedence, versioned.

A row is quarantined under the first rule it breaks. Each rule is SQL over one row: ``broken`` says
when it is broken, ``message`` what to tell a person. ``validation`` runs them on all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE
from revrec.usage.columns import COLUMNS, REQUIRED

RULE_SETS = {"usage-1": date(2026, 11, 23), "usage-2": date(2026, 11, 23)}
"""Version of the set of rules -> since when it judged; a new one with every change of a rule."""
RULES_VERSION = next(reversed(RULE_SETS))
"""The version that judges now; it is recorded with every batch."""

RATED_HERE = "revrec-rating"
"""The source of rows that are rated here; nobody else may tell rows of it."""
QUANTITY_MAX = 10**18
"""Largest magnitude of a quantity, in units of the meter."""
AMOUNT_MAX = 10**15
"""Largest magnitude of a rated amount, in the currency."""
FIRST_DAY = "2000-01-01"
"""First usage date taken; spreadsheets turn an empty cell into a day of 1900."""
LAST_DAY = "2199-12-31"
"""Last usage date taken."""
TEXT_BYTES_MAX = 200
"""Longest text, dimensions apart."""
DIMENSIONS_BYTES_MAX = 10_000
"""Longest dimensions."""

_IDS = ("source", "usage_id", "contract", "meter", "unit", "currency", "corrects")
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_NEGATIVE_ZERO = r"-0+(\.0+)?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

UNPRINTABLE = (
    r"[\x00-\x1f\x7f-\x9f\x{ad}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]"
)
"""Control characters and marks that cannot be seen: ids that look the same must be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One truth about a row, and what to say when it does not hold."""

    reason: str
    """Stable code, kebab-case; what the quarantine lists."""
    holds: str
    """What must hold, for people."""
    since: str = "usage-1"
    """The set of rules in which it is as it is ..."""
    version: int = 1
    """... and how many forms it has had."""
    broken: str = "false"
    """SQL; ``false`` where a door or ``ledger`` finds the breach, which take more than a row."""
    message: str
    """SQL giving the sentence that says what is wrong, with the value."""
    remedy: str
    """What to do about it."""

    @property
    def since_day(self) -> date:
        """The first day on which it judged as it does."""
        return RULE_SETS[self.since]


def _whose(columns: Iterable[str], predicate: str) -> str:
    """SQL naming the first column for which the predicate, written with ``{}``, is true."""
    cases = " ".join(
        f"WHEN {predicate.replace('{}', column)} THEN '{column}'" for column in columns
    )
    return f"CASE {cases} END"


def _value_of(columns: Iterable[str], predicate: str) -> str:
    """SQL giving the value of the first column for which the predicate is true."""
    cases = " ".join(f"WHEN {predicate.replace('{}', column)} THEN {column}" for column in columns)
    return f"shown(CASE {cases} END)"


def _any(columns: Iterable[str], predicate: str) -> str:
    return " OR ".join(predicate.replace("{}", column) for column in columns)


def readable_decimal(column: str, scale: int, whole_digits: int, largest: int) -> str:
    """SQL giving the exact value of a text, or null if it has not the form, scale or magnitude.

    Zeros beyond the scale are no decimals; a zero has no sign.
    """
    form = rf"-?0*[0-9]{{1,{whole_digits}}}(\.[0-9]{{1,{scale}}}0*)?"
    value = f"CAST({column} AS DECIMAL(38,{scale}))"
    return (
        f"CASE WHEN strlen({column}) <= {TEXT_BYTES_MAX}"
        f" AND regexp_full_match({column}, '{form}')"
        f" AND NOT regexp_full_match({column}, '{_NEGATIVE_ZERO}')"
        f" THEN CASE WHEN {value} BETWEEN -{largest} AND {largest} THEN {value} END END"
    )


def readable_day(column: str) -> str:
    """SQL giving the date of a text, or null if it is none."""
    return f"CASE WHEN regexp_full_match({column}, '{_DAY}') THEN TRY_CAST({column} AS DATE) END"


VALUES = {
    "quantity_value": readable_decimal("quantity", QUANTITY_SCALE, 19, QUANTITY_MAX),
    "amount_value": readable_decimal("amount", AMOUNT_SCALE, 16, AMOUNT_MAX),
    "day": readable_day("usage_date"),
    # One pattern over all ids: nearly every row keeps the two rules that ask for it.
    "untidy": f"regexp_matches(concat_ws(chr(10), {', '.join(_IDS)}), '(?m)^[=+@ -]| $')",
}
"""What the texts of a row mean, by the name the rules use."""


def _decimal_rules(column: str, scale: int, largest: int) -> tuple[Rule, ...]:
    unread = f"{column}_value IS NULL"
    return (
        Rule(
            reason=f"malformed-{column}",
            holds=f"The {column} is written in digits with at most one decimal point.",
            broken=f"{unread} AND (NOT regexp_full_match({column}, '{_NUMBER}')"
            f" OR regexp_full_match({column}, '{_NEGATIVE_ZERO}'))",
            message=f"'The {column} ' || shown({column}) || ' is not a decimal number.'",
            remedy="Write digits with at most one decimal point, such as 1234.5 or -0.25.",
        ),
        Rule(
            reason=f"{column}-beyond-scale",
            holds=f"The {column} has at most {scale} decimals.",
            broken=f"{unread} AND regexp_matches({column}, '\\.[0-9]{{{scale}}}[0-9]*[1-9]')",
            message=f"'The {column} ' || shown({column}) || ' has more than {scale} decimals.'",
            remedy=f"Round it to {scale} decimals where it is rated.",
        ),
        Rule(
            reason=f"absurd-{column}",
            holds=f"The {column} is at most {largest} in magnitude.",
            broken=unread,
            message=f"'The {column} ' || shown({column}) || ' is beyond {largest}.'",
            remedy="Check the unit; if the figure is true, tell it in several rows.",
        ),
        Rule(
            reason=f"negative-{column}",
            holds=f"The {column} is negative only in a row that corrects another.",
            broken=f"{column}_value < 0 AND corrects IS NULL",
            message=f"'The {column} ' || shown({column}) || ' is negative in a row that corrects"
            " no other.'",
            remedy="Name the usage_id it takes back in the column corrects.",
        ),
    )


DOOR_RULES = (
    Rule(
        reason="malformed-row",
        holds="The row can be read into its columns.",
        message="'The row cannot be read: ' || shown(fault_value) || '.'",
        remedy="Write one row per line with every column once; quote a text that holds a comma.",
    ),
    Rule(
        reason="unknown-field",
        holds="The row has no field that is no column of usage.",
        message="'The row has a field that is no column of usage: ' || shown(fault_value) || '.'",
        remedy="Leave it out, or put it into the dimensions.",
    ),
)
"""What the doors find."""

_FORMULA = "regexp_matches({}, '^[=+@-]')"
_SPACE = "regexp_matches({}, '^\\s|\\s$')"
_HIDDEN = "regexp_matches({}, '" + UNPRINTABLE + "')"
_TOO_LONG = (
    "strlen({}) > CASE '{}' WHEN 'dimensions' THEN "
    f"{DIMENSIONS_BYTES_MAX} ELSE {TEXT_BYTES_MAX} END"
)

FORM_RULES = (
    Rule(
        reason="missing-field",
        holds="Every required column is filled.",
        broken=_any(REQUIRED, "{} IS NULL"),
        message=f"'The column ' || {_whose(REQUIRED, '{} IS NULL')} || ' is empty.'",
        remedy=f"Every row needs {', '.join(REQUIRED)}.",
    ),
    Rule(
        reason="overlong-text",
        holds="Texts are within their longest length.",
        broken=_any(COLUMNS, _TOO_LONG),
        message=f"'The column ' || {_whose(COLUMNS, _TOO_LONG)} || ' holds a text that is too"
        f" long: ' || {_value_of(COLUMNS, _TOO_LONG)} || '.'",
        remedy=f"Keep texts to {TEXT_BYTES_MAX} bytes, dimensions to {DIMENSIONS_BYTES_MAX}.",
    ),
    Rule(
        reason="unreadable-text",
        holds="Texts are UTF-8 without control characters and invisible marks.",
        broken=f"regexp_matches(concat({', '.join(_IDS)}), '{UNPRINTABLE}')",
        message="coalesce('The column ' || "
        f"{_whose(_IDS, _HIDDEN)} || ' holds characters that cannot be shown: ' ||"
        f" {_value_of(_IDS, _HIDDEN)} || '.',"
        " 'The row holds bytes that are not UTF-8: ' || shown(fault_value) || '.')",
        remedy="Write it in UTF-8 without control characters or invisible marks.",
    ),
    Rule(
        reason="formula-like-text",
        holds="No id begins with a sign that a spreadsheet takes for a formula.",
        broken=f"untidy AND ({_any(_IDS, _FORMULA)})",
        message=f"'The column ' || {_whose(_IDS, _FORMULA)} || ' holds a text that a spreadsheet"
        f" would run: ' || {_value_of(_IDS, _FORMULA)} || '.'",
        remedy="Begin ids and units with a letter or a digit.",
    ),
    Rule(
        reason="surrounding-space",
        holds="No id begins or ends with a space.",
        broken="untidy",
        message=f"'The column ' || {_whose(_IDS, _SPACE)} || ' begins or ends with a space: ' ||"
        f" {_value_of(_IDS, _SPACE)} || '.'",
        remedy="Take the space off: with it the text is another one.",
    ),
    Rule(
        reason="reserved-source",
        holds="Nobody tells rows of the source of usage that is rated here.",
        since="usage-2",
        broken=f"source = '{RATED_HERE}'",
        message="'The source ' || shown(source) || ' is that of usage rated here.'",
        remedy="Name the system the usage comes from.",
    ),
    Rule(
        reason="malformed-date",
        holds="The usage date is a day of the calendar.",
        broken="day IS NULL",
        message="'The usage date ' || shown(usage_date) || ' is not a day of the calendar.'",
        remedy="Write the day as 2026-01-31, the time of an event as 2026-01-31T23:59:59Z.",
    ),
    Rule(
        reason="date-out-of-range",
        holds="The usage date is within the days usage is taken for.",
        broken=f"day NOT BETWEEN DATE '{FIRST_DAY}' AND DATE '{LAST_DAY}'",
        message=f"'The usage date ' || usage_date || ' is not from {FIRST_DAY} to {LAST_DAY}.'",
        remedy="Check how the day was written where it comes from.",
    ),
    *_decimal_rules("quantity", QUANTITY_SCALE, QUANTITY_MAX),
    *_decimal_rules("amount", AMOUNT_SCALE, AMOUNT_MAX),
    Rule(
        reason="malformed-dimensions",
        holds="Dimensions are a JSON object that names each label once.",
        broken="dimensions IS NOT NULL AND labels IS NULL",
        message="'The dimensions ' || shown(dimensions) || ' are not a JSON object.'",
        remedy='Write an object that names each label once, such as {"region": "eu"}.',
    ),
)
"""What the row alone shows. ``labels`` is the canonical form of readable dimensions."""

CONTEXT_RULES = (
    Rule(
        reason="unknown-contract",
        holds="The contract is on record.",
        broken="contract_currency IS NULL",
        message="'No contract ' || shown(contract) || ' is known.'",
        remedy="Record the contract, then release the row; or correct its id.",
    ),
    Rule(
        reason="unknown-meter",
        holds="The contract has the meter.",
        broken="meter_terms IS NULL",
        message="'The contract ' || shown(contract) || ' has no meter ' || shown(meter)"
        " || '; its meters are ' || contract_meters || '.'",
        remedy="Record the modification that adds it, then release the row; or correct the meter.",
    ),
    Rule(
        reason="currency-mismatch",
        holds="The amount is in the currency of the contract.",
        broken="currency <> contract_currency",
        message="'The amount is in ' || shown(currency) || ', the contract ' || shown(contract)"
        " || ' in ' || contract_currency || '.'",
        remedy="Rate the usage in the currency of the contract.",
    ),
    Rule(
        reason="outside-term",
        holds="The contract counts the meter on the day.",
        broken="NOT within_term",
        message="'The usage date ' || usage_date || ' is outside the service of the contract '"
        " || shown(contract) || ' on the meter ' || shown(meter) || ': ' || meter_terms || '.'",
        remedy="Record the modification or renewal that covers the day, then release the row.",
    ),
)
"""What the terms of the contract show."""

LEDGER_RULES = (
    Rule(
        reason="conflicting-duplicate",
        holds="An identity told again is told word for word.",
        message="'The usage ' || shown(usage_id) || ' of ' || shown(source) || ' on ' ||"
        " usage_date || ' was told before with other content; the first telling counts.'",
        remedy="If the first was wrong, send a correction: a new id, the signed difference, and"
        " corrects naming this usage_id.",
    ),
    Rule(
        reason="unknown-correction",
        holds="A correction names usage that its source told of the same contract and meter.",
        message="'The row corrects ' || shown(corrects) || ', but ' || shown(source) || ' has told"
        " no such usage of this contract and meter.'",
        remedy="Send the row it corrects first, then release this one; or correct the id.",
    ),
)
"""What the other rows show, of the batch and of the ledger."""

RULES = (*DOOR_RULES, *FORM_RULES, *LEDGER_RULES[:1], *CONTEXT_RULES, *LEDGER_RULES[1:])
"""All rules in order of precedence."""
