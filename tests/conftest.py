"""Shared by all tests."""

from pipeline.console import quiet_exit

quiet_exit()
