"""Commands by subject, and what all of them share; ``revrec.cli`` puts them together."""
