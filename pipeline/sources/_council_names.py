"""Names that inspectorates give upper-tier councils, and the register's names for them.

Files of inspections hold names and no codes. A name alone does not make a council: a county and
the unitary after it can share one, so a join needs the register's dates too.
"""

import polars as pl

ALIASES = {
    "Bedford Borough": ("Bedford", "E06000055"),
    "Bournemouth, Christchurch & Poole": ("Bournemouth, Christchurch and Poole", "E06000058"),
    "Bristol": ("City of Bristol", "E06000023"),
    "Dorset": ("Dorset Council", "E06000059"),
    "Durham": ("County Durham", "E06000047"),
    "Hammersmith & Fulham": ("Hammersmith and Fulham", "E09000013"),
    "Kingston Upon Hull": ("Kingston upon Hull", "E06000010"),
    "Richmond Upon Thames": ("Richmond upon Thames", "E09000027"),
    "St Helens": ("St. Helens", "E08000013"),
    "Southend": ("Southend-on-Sea", "E06000033"),
    "Stoke": ("Stoke-on-Trent", "E06000021"),
    "Telford & Wrekin": ("Telford and Wrekin", "E06000020"),
}
"""Published name to the name in the register of councils and its ONS code."""


def registry_name(column: str) -> pl.Expr:
    """The name in the register of councils."""
    return pl.col(column).replace({name: register for name, (register, _) in ALIASES.items()})
