"""From published files to the rows of a source: declared, fetched, read, compared, set aside."""
