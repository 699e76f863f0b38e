"""The code location of the synthetic sample."""

from pipeline.definitions import definitions
from pipeline.edition import SAMPLE

defs = definitions(SAMPLE)
