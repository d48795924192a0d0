"""The policy that ships with revrec, and overrides of its elections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from re import fullmatch
from zoneinfo import available_timezones

from pydantic import TypeAdapter

from revrec.errors import FeedError
from revrec.feeds.documents import read_yaml, validated
from revrec.model.controls import ChecklistTask
from revrec.model.costs import AmortizationPattern
from revrec.model.policy import Policy

_LIKELIHOOD = (r"[5-9][0-9](\.[0-9]{1,6})?%", "a percentage from 50 to below 100, such as 80%")
_BELOW_HALF = r"[1-4]?[0-9](\.[0-9]{1,6})?%"
_DAYS = (r"[0-9]{1,5}_days", "a number of days, such as 365_days")
_PERCENTAGE = r"[0-9]{1,3}(\.[0-9]{1,6})?%"
_AMOUNT = r"[0-9]{1,15}(\.[0-9]{1,3})?"
_COUNT = r"[0-9]{1,9}"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_BY_METER = r"none|[^=;]+=[0-9]+(\.[0-9]+)?(;[^=;]+=[0-9]+(\.[0-9]+)?)*"
SUPPORTED: Mapping[str, frozenset[str]] = {
    "sales_taxes": frozenset({"excluded"}),
    "usage_fees": frozenset({"allocated_to_the_day"}),
    "days_of_usage": frozenset(available_timezones()),
    "credits_drawn": frozenset({"first_to_lapse", "first_granted"}),
    "change_control": frozenset({"one_person", "two_people"}),
    "posted_references": frozenset({"optional", "required"}),
    "right_to_invoice": frozenset({"elected", "not_elected"}),
    "grain_of_time": frozenset(
        {
            "seconds",
            "days",
            "even_months",
            "calendar_months",
            "prorated_months",
            "whole_months",
            "half_month",
        }
    ),
    "breakage_without_an_estimate": frozenset({"when_rights_lapse"}),
    "changes_of_estimates": frozenset({"inception_proportions"}),
    "selling_price_in_range": frozenset({"stated_price", "midpoint"}),
    "selling_price_out_of_range": frozenset({"midpoint", "nearest_bound"}),
    "combination_window": frozenset({"same_day", "7_days", "30_days", "60_days", "90_days"}),
    "financing_within_a_year": frozenset({"not_adjusted", "adjusted"}),
    "lower_tiers": frozenset({"price_of_one_contract", "options_on_later_purchases"}),
    "operating_cycle": frozenset({"12_months", "24_months", "36_months"}),
    "contract_assets_turn_around": frozenset({"by_remaining_revenue", "operating_cycle"}),
    "current_and_non_current": frozenset({"presented", "posted"}),
    "contract_balances": frozenset({"net_per_contract"}),
    "rounding": frozenset({"half_even_once_cumulatively"}),
    "late_facts": frozenset({"post_to_the_open_period"}),
    "exchange_rates_stand": frozenset({"1_days", "7_days", "31_days", "92_days", "366_days"}),
    "revenue_of_unmapped_products": frozenset({"default_account", "refused"}),
    "short_costs_to_obtain": frozenset({"capitalized", "expensed"}),
    "contract_cost_amortization": frozenset(AmortizationPattern),
    "contract_cost_adjustments": frozenset({"prospective", "catch_up"}),
    "estimates_standard": frozenset({"us_gaap", "ifrs"}),
    "licenses_of_ip": frozenset({"by_nature", "by_activities"}),
    "license_renewals": frozenset({"with_the_period", "when_agreed"}),
    "shipping_and_handling": frozenset({"fulfilling", "promise"}),
    "noncash_consideration": frozenset({"at_inception", "at_receipt"}),
    "impaired_contract_costs": frozenset({"stay_impaired", "recover"}),
    "reopening_takes": frozenset({"reason", "assessment"}),
}
"""Election -> values the engine computes; any other is refused, never ignored."""
MEASURED: Mapping[str, tuple[str, str]] = {
    "drift_of_usage_counts": (_PERCENTAGE, "a percentage, such as 0.01%"),
    "most_usage_a_day": (
        _BY_METER,
        "none, or meters with numbers, such as tokens=5000000; seats=9",
    ),
    "unlikely_silence": _DAYS,
    "unlikely_times": (_COUNT, "a whole number, such as 100"),
    "usual_history": _DAYS,
    "release_amount_of_one_person": (_AMOUNT, "an amount, such as 10000.00"),
    "release_rows_of_one_person": (_COUNT, "a whole number, such as 1000"),
    "collectibility_probable": _LIKELIHOOD,
    "estimates_probable": _LIKELIHOOD,
    "estimates_highly_probable": _LIKELIHOOD,
    "estimates_significant": (_BELOW_HALF, "a percentage below 50, such as 5%"),
    "estimates_factor_weight": (_BELOW_HALF, "a percentage below 50, such as 2%"),
    "estimates_long_uncertainty": _DAYS,
    "estimates_least_history": _DAYS,
    "estimates_least_contracts": (r"[0-9]{1,6}_contracts", "a number, such as 30_contracts"),
    "estimates_broad_range": (_PERCENTAGE, "a percentage, such as 100%"),
    "selling_prices_band": (_BELOW_HALF, "a percentage below 50, such as 15%"),
    "selling_prices_inside": (r"([1-9]?[0-9])%", "a percentage below 100, such as 70%"),
    "selling_prices_least": (r"[1-9][0-9]{0,5}_prices", "a number, such as 20_prices"),
    "estimates_stand_within": (_PERCENTAGE, "a percentage, such as 10%"),
    "flux_share": (_PERCENTAGE, "a percentage, such as 10%"),
    "flux_amount": (_AMOUNT, "an amount, such as 10000.00"),
    "misstatement_of_revenue": (_PERCENTAGE, "a percentage, such as 1%"),
    "misstatement_of_pre_tax_income": (_PERCENTAGE, "a percentage, such as 5%"),
    "usage_expected_from": (r"none|[^;]+(;[^;]+)*", "none, or sources, such as gateway; batch"),
    "close_days_without_usage": _DAYS,
    "close_rows_set_aside": (_COUNT, "a whole number, such as 1000"),
    "close_amount_set_aside": (_AMOUNT, "an amount, such as 10000.00"),
    "close_waiting_estimates": (_COUNT, "a whole number, such as 0"),
    "close_open_combinations": (_COUNT, "a whole number, such as 0"),
    "close_unexplained": (f"not_asked|{_AMOUNT}", "not_asked, or an amount, such as 1000.00"),
    "close_open_findings": (f"not_asked|{_COUNT}", "not_asked, or a whole number, such as 0"),
    "findings_resolved_alone": (_AMOUNT, "an amount, such as 1000.00"),
    "findings_raised_from": (_AMOUNT, "an amount, such as 1.00"),
    "findings_due": _DAYS,
    "checks_look_back": _DAYS,
    "credit_memos_approved_from": (f"not_asked|{_AMOUNT}", "not_asked, or an amount, such as 500"),
    "contracts_invoiced_within": _DAYS,
    "checks_run_every": (r"never|[1-9][0-9]{0,3}_hours", "never, or hours, such as 24_hours"),
    "invoices_due": _DAYS,
    "close_holidays": (
        rf"none|{_DATE}(;\s*{_DATE})*",
        "none, or days, such as 2026-01-01; 2026-12-25",
    ),
}
"""Election of a figure -> the form of its text, and the form in words."""
_SHOWN_MAX = 20


@cache
def default_policy() -> Policy:
    """The policy in ``revrec/policies/default.yaml``."""
    source = "policies/default.yaml"
    text = files("revrec.policies").joinpath("default.yaml").read_text(encoding="utf-8")
    return checked(validated(TypeAdapter(Policy), read_yaml(text, source), source))


def with_elections(policy: Policy, values: Mapping[str, str]) -> Policy:
    """The policy with other values elected."""
    unknown = sorted(values.keys() - policy.elections.keys())
    if unknown:
        raise _refused(unknown[0], values[unknown[0]])
    elections = {
        name: replace(each, value=values.get(name, each.value))
        for name, each in policy.elections.items()
    }
    return checked(replace(policy, elections=elections))


def completed(policy: Policy) -> Policy:
    """The policy with the standing elections and accounts where it names none of its own.

    A policy recorded before an election existed goes on as it was.
    """
    standing = default_policy()
    accounts = replace(
        policy.accounts, default={**standing.accounts.default, **policy.accounts.default}
    )
    elections = {**standing.elections, **policy.elections}
    checklist = policy.checklist or standing.checklist
    return checked(replace(policy, elections=elections, accounts=accounts, checklist=checklist))


def checked(policy: Policy) -> Policy:
    """The policy, if the engine computes every election; FeedError otherwise."""
    _check_checklist(policy.checklist)
    for name, election in policy.elections.items():
        form, _ = MEASURED.get(name, ("", ""))
        fits = (
            fullmatch(form, election.value) if form else election.value in SUPPORTED.get(name, ())
        )
        if not fits:
            raise _refused(name, election.value)
    return policy


def _check_checklist(checklist: Mapping[str, ChecklistTask]) -> None:
    """Refuse tasks that wait for what is not listed or for themselves."""
    done: set[str] = set()
    left = dict(checklist)
    while ready := [name for name, task in left.items() if done.issuperset(task.after)]:
        done.update(ready)
        left = {name: task for name, task in left.items() if name not in done}
    if left:
        raise FeedError(
            f"Checklist: {', '.join(sorted(left))} can never be done: each waits for a task that "
            "is not listed, or in the end for itself.",
            remedy="Correct `after`.",
            field="policy.checklist",
        )
    for name, task in checklist.items():
        if task.due < 1:
            raise FeedError(
                f"Checklist: {name} is due on working day {task.due}.",
                remedy="Working days after the period count from 1.",
                field=f"policy.checklist.{name}.due",
            )


def _refused(name: str, value: str) -> FeedError:
    offered = SUPPORTED.get(name)
    return FeedError(
        f"Election {name}: {value} is not supported.",
        remedy=(
            f"Elect one of: {', '.join(sorted(offered))}."
            if offered and len(offered) <= _SHOWN_MAX
            else "Give the name of a time zone, such as America/New_York."
            if offered
            else f"Give {MEASURED[name][1]}."
            if name in MEASURED
            else f"Elections are: {', '.join(sorted({*SUPPORTED, *MEASURED}))}."
        ),
        field=f"policy.elections.{name}",
    )
