"""The nouns: what was agreed, what happened, what was decided. No behaviour beyond invariants.

``contract`` and ``events`` are facts as told; ``history`` groups the facts of one contract;
``policy`` holds elections; ``decision`` holds what steps 1-4 give; ``dataset`` is a table on its
way to a reader.
"""
