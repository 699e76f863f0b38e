"""How much a published file may take. Whatever asks for more is refused, and says so.

The largest published file today has 3 MB and is read in a second; the limits leave room for files
thirty times as large.
"""

MB = 1_000_000

FILE_BYTES = 100 * MB
"""Bytes of a file."""
EXPANDED_BYTES = 500 * MB
"""Bytes of everything that a compressed file (xlsx, ods, rda) holds."""
MEMBERS = 5_000
"""Files inside a workbook."""
CELLS = 20 * MB
"""Cells of a sheet, empty ones between filled ones among them."""
READ_SECONDS = 120
"""Time to read a workbook's sheet or an R data file."""
READ_BYTES = 3_000 * MB
"""Memory to read it in, where the operating system can limit that."""

DOWNLOAD_SECONDS = 900
"""Time to download a file, with all attempts."""
REDIRECTS = 5
"""Times that an address may send on to another."""
RETRY_AFTER_SECONDS = 120
"""How long a server may ask us to wait."""
