"""Three hundred customers: names, places, sizes."""

from __future__ import annotations

from dataclasses import dataclass

from revrec.demo.deals import Customer
from revrec.demo.dice import Dice

_FIRST = (
    "Alder Amberley Arclight Ashgrove Basalt Beacon Birchwood Blackthorn Bluestem Brightwater "
    "Calder Candlewick Cedarline Cinder Clearbrook Cobalt Copperleaf Coralline Cormorant Corvid "
    "Dovetail Driftwood Dunmore Eastgate Elderfield Emberton Everglen Fairhaven Falconer Fennimore "
    "Fernhill Fieldstone Firebrand Foxglove Galena Garnet Glasswing Goldcrest Granary Greyfriars "
    "Harrow Hawksmoor Hazelden Heronsgate Highmark Hollis Ironbridge Ivywood Juniper Kestrel "
    "Kingfisher Lakeshore Lantern Larch Lindqvist Lodestar Longacre Lyrebird Madrigal Maplewood "
    "Marram Millrace Mistral Moorland Nightingale Northgate Oakhurst Obsidian Orchard Osprey "
    "Palisade Paragon Peregrine Pinecrest Plover Quarry Quillon Ravenscar Redwing Ridgeline "
    "Rosewood Saltmarsh Sandpiper Selkirk Silverbirch Skylark Starling Stonebridge Summit Tamarack "
    "Tern Thistle Tidewell Tolland Underwood Vantage Verdant Wayfarer Westerly Whitlock Willowby "
    "Windrose Wren Yarrow Zephyr"
).split()

_SECOND = (
    "Analytics Aerospace Apparel Banking Biosciences Broadcasting Capital Care Chemicals Clinics "
    "Commerce Consulting Diagnostics Education Energy Engineering Finance Foods Freight Games "
    "Health Hospitality Imaging Insurance Interactive Labs Legal Logistics Manufacturing Marine "
    "Media Mobility Networks Outdoors Pharma Power Publishing Rail Research Retail Robotics "
    "Security Semiconductors Software Studios Supply Systems Telecom Therapeutics Travel"
).split()


@dataclass(frozen=True, slots=True)
class _Country:
    region: str
    currency: str
    forms: tuple[str, ...]


_COUNTRIES = {
    "US": _Country("AMER", "USD", ("Inc.", "LLC", "Corp.", "Inc.")),
    "CA": _Country("AMER", "USD", ("Ltd.", "Inc.")),
    "GB": _Country("EMEA", "GBP", ("Ltd", "plc", "LLP")),
    "DE": _Country("EMEA", "EUR", ("GmbH", "AG")),
    "FR": _Country("EMEA", "EUR", ("SAS", "SA")),
    "NL": _Country("EMEA", "EUR", ("B.V.", "N.V.")),
    "JP": _Country("APAC", "JPY", ("K.K.",)),
    "SG": _Country("APAC", "USD", ("Pte. Ltd.",)),
    "AU": _Country("APAC", "USD", ("Pty Ltd",)),
}
_WHERE = {"US": 64, "CA": 4, "GB": 8, "DE": 6, "FR": 3, "NL": 3, "JP": 5, "SG": 4, "AU": 3}
_HOW_LARGE = {"small-business": 42, "mid-market": 36, "enterprise": 22}


def draw_customers(dice: Dice, count: int) -> list[Customer]:
    """So many customers, no two of the same name."""
    taken: set[str] = set()
    return [_customer(dice, number, taken) for number in range(1, count + 1)]


def _customer(dice: Dice, number: int, taken: set[str]) -> Customer:
    code = dice.weighted(_WHERE)
    country = _COUNTRIES[code]
    trade = _trade(dice, taken)
    return Customer(
        number=number,
        name=f"{trade} {dice.pick(country.forms)}",
        country=code,
        region=country.region,
        currency=country.currency,
        segment=dice.weighted(_HOW_LARGE),
    )


def _trade(dice: Dice, taken: set[str]) -> str:
    while True:
        name = f"{dice.pick(_FIRST)} {dice.pick(_SECOND)}"
        if name not in taken:
            taken.add(name)
            return name
