"""The tables of the DuckDB file, what they say of themselves, how it is built and published."""
