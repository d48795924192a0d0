"""Sample books of a company that sells language models, to show and to test the service.

``generate`` writes what such a company's systems would deliver over a quarter: contracts, selling
prices, events, invoices, payments and daily rated usage from three sources, with the dirt of real
life and planted billing mistakes, all of it listed in a manifest. The same seed gives the same
bytes: every draw is an integer, and no money passes through binary floating point.

::

    catalogue   what is sold and at which prices
    customers   who buys
    subscriptions, ramps, platform, metered
                what they sign
    usage       what they use, day by day
    dirt        what goes wrong on the way
    metering, billing
                what is invoiced, credited and paid
    mistakes    what is invoiced wrongly
    facts, files
                how it is written down
    manifest    what a reader of the files should find
    generate    all of it, as files in the order of their arrival
"""

from revrec.demo.generate import generate
from revrec.demo.manifest import DemoManifest

__all__ = ["DemoManifest", "generate"]
