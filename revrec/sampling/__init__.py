"""Audit sampling (AS 2315, AU-C 530): what is looked at, and what it says of all that is not.

A population is a list of items in an order, each with its recorded amount. A sample is drawn from
it by a seed, so that anybody can draw it again; the auditor tells what each item should have been;
the evaluation tells how far the population may be off, at a stated confidence. Amounts are whole
minor units and everything computed of them is exact; what is rounded is rounded against the books.

``factors`` are the numbers of the published tables, ``chance`` the seeded draws, ``monetary`` the
sampling of monetary units, ``variables`` random and stratified samples of amounts, ``attributes``
samples of controls.
"""
