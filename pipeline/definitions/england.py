"""The code location of England."""

from pipeline.definitions import definitions
from pipeline.edition import ENGLAND

defs = definitions(ENGLAND)
