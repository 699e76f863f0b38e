"""Dagster assets: thin shells around the functions that do the work."""
