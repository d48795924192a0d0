"""Untrusted bytes to the model, with reasons for what is refused.

``documents`` reads YAML and JSON without ever making a float; ``records`` turns documents into
facts; ``scenario`` reads the public case format; ``book`` groups facts for the engine.
"""
