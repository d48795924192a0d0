"""All published examples as few books, under names that no other has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from revrec.feeds.documents import read_yaml
from revrec.feeds.scenario import Scenario, scenario_of

FOLDER = Path(__file__).parents[1] / "contracts_examples"
EXAMPLES = sorted(FOLDER.rglob("*.yaml"))


def renamed(path: Path) -> Scenario:
    """An example whose contracts, products and events have names that no other has."""
    document = read_yaml(path.read_text(encoding="utf-8"), str(path))
    told = [each for name in ("contracts", "products", "events") for each in document.get(name, ())]
    names = {str(each["id"]) for each in told if "id" in each}
    sold = [*document.get("standalone_selling_prices", ()), *document["contracts"]]
    sold += [each for contract in document["contracts"] for each in contract["obligations"]]
    names |= {str(each["product"]) for each in sold if "product" in each}
    new = {name: f"{path.stem}/{name}" for name in names}

    def walked(value, field=""):
        if isinstance(value, dict):
            return {
                key if key == "product" else walked(key): walked(each, key)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [walked(each) for each in value]
        return new.get(value, value) if isinstance(value, str) and field != "measure" else value

    return scenario_of(walked(document))


def joined() -> Iterator[Scenario]:
    """The examples, those with the same elections and currencies as one."""
    together: dict[str, list[Scenario]] = {}
    for each in map(renamed, EXAMPLES):
        same = repr((each.policy, each.functional_currency, each.exchange_rates))
        together.setdefault(same, []).append(each)
    for scenarios in together.values():
        yield replace(
            scenarios[0],
            **{
                name: tuple(fact for each in scenarios for fact in getattr(each, name))
                for name in ("contracts", "products", "standalone_selling_prices", "events")
            },
        )
