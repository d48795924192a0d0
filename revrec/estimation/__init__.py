"""Estimates of what is uncertain, proposed by statistics (606-10-32-5 to 32-14).

::

    daily use -> panel -> a fitted portfolio -> draws of what is still to come
              -> a component's payoff -> distribution -> constraint -> a proposed fact

The only room with floats. Nothing here decides: an estimate inside the policy's bounds, or one
that a second person approves, becomes a fact, and the engine knows facts alone. Every run is
reproducible from its seed and its data; what leaves the room is rounded to decimals.

A portfolio of similar contracts (606-10-10-4) is fitted at once. What a contract's own history
does not tell it takes from its cohort, in proportion to how little it tells (credibility).
"""
