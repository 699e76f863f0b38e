"""How often the registered rule is right: the analysis run on many worlds whose truth is known."""
