"""The report: static pages made of one database file."""
