"""The statistics of the analysis: pure functions, arrays in, frozen dataclasses out."""
