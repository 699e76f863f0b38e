"""Files that are damaged, cut, reshaped or hostile, made out of good ones."""

import io
import random
import re
import zipfile
from collections.abc import Callable

Change = Callable[[bytes, random.Random], bytes]

NASTY = (
    "",
    " ",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "\x00",
    "\x1b[31m",
    "\u202e\u0000",
    "'; DROP TABLE tidy.thing; --",
    '"',
    "../../etc/passwd",
    "NaN",
    "inf",
    "-inf",
    "1e999",
    "9" * 400,
    "E06009999",
    "-1",
    "0x10",
    "١٢",
    "１２",
    "2013-02-30",
    "𝕏" * 50,
    "&xxe;",
    "${jndi:ldap://x}",
    "{{ 7*7 }}",
    "a\r\nb",
)


def flip(content: bytes, chance: random.Random) -> bytes:
    """A few bytes are others."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def cut(content: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return content[: chance.randrange(len(content))]


def hole(content: bytes, chance: random.Random) -> bytes:
    """A stretch is zero, as after a crash."""
    start = chance.randrange(len(content))
    size = min(chance.randint(1, 4096), len(content) - start)
    return content[:start] + bytes(size) + content[start + size :]


def twice(content: bytes, chance: random.Random) -> bytes:
    """A stretch is there twice."""
    start = chance.randrange(len(content))
    return content[:start] + content[start : start + chance.randint(1, 4096)] + content[start:]


RAW: tuple[Change, ...] = (flip, cut, hole, twice)


# ---------------------------------------------------------------------------------------------
# Text.


def _lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def drop_line(content: bytes, chance: random.Random) -> bytes:
    """A line is missing."""
    lines = _lines(content)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def repeat_line(content: bytes, chance: random.Random) -> bytes:
    """A line is there twice."""
    lines = _lines(content)
    place = chance.randrange(len(lines))
    return b"".join([*lines[:place], lines[place], *lines[place:]])


def swap_lines(content: bytes, chance: random.Random) -> bytes:
    """Two lines have changed places."""
    lines = _lines(content)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def drop_cell(content: bytes, chance: random.Random) -> bytes:
    """A column is missing."""
    place = chance.randrange(8)
    lines = [line.split(b",") for line in _lines(content)]
    return b"".join(b",".join(line[:place] + line[place + 1 :]) for line in lines)


def nasty_cell(content: bytes, chance: random.Random) -> bytes:
    """A cell holds what nobody should publish."""
    lines = _lines(content)
    place = chance.randrange(min(len(lines), 400))
    cells = lines[place].split(b",")
    cells[chance.randrange(len(cells))] = chance.choice(NASTY).encode("utf-8", "replace")
    lines[place] = b",".join(cells)
    return b"".join(lines)


def other_endings(content: bytes, chance: random.Random) -> bytes:
    """Lines end in several ways."""
    return re.sub(rb"\r?\n", lambda _: chance.choice((b"\n", b"\r\n", b"\r")), content)


def other_encoding(content: bytes, chance: random.Random) -> bytes:
    """The text is written in another encoding, or marked as one it is not in."""
    text = content.decode("utf-8", "replace")
    kind = chance.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7", "marked"))
    if kind == "marked":
        return b"\xff\xfe" + content
    return text.encode(kind, "replace")


def control(content: bytes, chance: random.Random) -> bytes:
    """Control characters and marks of byte order stand in the middle."""
    place = chance.randrange(len(content))
    mark = chance.choice(
        (b"\x00", b"\x1a", b"\x08", b"\xef\xbb\xbf", b"\x85", b"\xa0", b'"', b"\x0c")
    )
    return content[:place] + mark * chance.randint(1, 3) + content[place:]


TEXT: tuple[Change, ...] = (
    drop_line,
    repeat_line,
    swap_lines,
    drop_cell,
    nasty_cell,
    nasty_cell,
    other_endings,
    other_encoding,
    control,
)


# ---------------------------------------------------------------------------------------------
# Workbooks of the old kind: texts stand in them as they are, after a number that says how long.

OLD = b"\xd0\xcf\x11\xe0"
OLD_TEXT = re.compile(rb"[ -~]{4,}|(?:[ -~]\x00){4,}")


def nasty_old_text(content: bytes, chance: random.Random) -> bytes:
    """A text or a few hold what nobody should publish, cut to the length of what was there."""
    made = bytearray(content)
    found = list(OLD_TEXT.finditer(content))
    for one in chance.choices(found, k=chance.randint(1, 5)):
        size = one.end() - one.start()
        word = chance.choice([text for text in NASTY if text]).encode("utf-8", "replace")
        if one[0][1] == 0:
            word = word.decode().encode("utf-16-le", "replace")
        made[one.start() : one.end()] = (word * size)[:size]
    return bytes(made)


def swap_old_texts(content: bytes, chance: random.Random) -> bytes:
    """Two texts of one length have changed places: labels, names, codes, markers."""
    found = list(OLD_TEXT.finditer(content))
    one = chance.choice(found)
    alike = [other for other in found if len(other[0]) == len(one[0])]
    other = chance.choice(alike)
    made = bytearray(content)
    made[one.start() : one.end()], made[other.start() : other.end()] = other[0], one[0]
    return bytes(made)


def drop_block(content: bytes, chance: random.Random) -> bytes:
    """A block of the file's own file system is missing, or holds another's."""
    size = 512
    blocks = len(content) // size
    one, other = chance.randrange(1, blocks), chance.randrange(1, blocks)
    if chance.random() < 0.5:
        return content[: one * size] + content[(one + 1) * size :]
    block = content[other * size : (other + 1) * size]
    return content[: one * size] + block + content[(one + 1) * size :]


OLD_WORKBOOK: tuple[Change, ...] = (nasty_old_text, nasty_old_text, swap_old_texts, drop_block)


# ---------------------------------------------------------------------------------------------
# Containers of XML: xlsx and ods.


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return out.getvalue()


def _xml(content: bytes, chance: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    members = _members(content)
    names = [
        name
        for name in members
        if re.search(r"sheet\d*\.xml$|sharedStrings\.xml$|content\.xml$|workbook\.xml$", name)
    ]
    name = chance.choice(sorted(names))
    members[name] = change(members[name])
    return _packed(members)


def flip_inside(content: bytes, chance: random.Random) -> bytes:
    """A few bytes of a sheet's XML are others."""
    return _xml(content, chance, lambda xml: flip(xml, chance))


def cut_inside(content: bytes, chance: random.Random) -> bytes:
    """A sheet's XML has no end."""
    return _xml(content, chance, lambda xml: cut(xml, chance))


def drop_element(content: bytes, chance: random.Random) -> bytes:
    """Cells or rows are missing, or there twice."""

    def change(xml: bytes) -> bytes:
        element = chance.choice(
            (rb"<c [^>]*>.*?</c>", rb"<row.*?</row>", rb"<table:table-row.*?row>")
        )
        found = list(re.finditer(element, xml, re.DOTALL))
        if not found:
            return flip(xml, chance)
        one = chance.choice(found)
        again = chance.choice((b"", one[0] * 2))
        return xml[: one.start()] + again + xml[one.end() :]

    return _xml(content, chance, change)


def drop_member(content: bytes, chance: random.Random) -> bytes:
    """A part of the workbook is missing."""
    members = _members(content)
    members.pop(chance.choice(sorted(members)))
    return _packed(members)


def swap_members(content: bytes, chance: random.Random) -> bytes:
    """Two parts of the workbook have each other's content."""
    members = _members(content)
    one, other = chance.choice(sorted(members)), chance.choice(sorted(members))
    members[one], members[other] = members[other], members[one]
    return _packed(members)


def nasty_string(content: bytes, chance: random.Random) -> bytes:
    """A text holds what nobody should publish."""

    def change(xml: bytes) -> bytes:
        found = list(re.finditer(rb">([^<>]+)<", xml))
        if not found:
            return xml
        one = chance.choice(found)
        word = chance.choice(NASTY).encode("utf-8", "replace").replace(b"<", b"&lt;")
        return xml[: one.start(1)] + word + xml[one.end(1) :]

    return _xml(content, chance, change)


def far_cell(content: bytes, chance: random.Random) -> bytes:
    """A cell stands at the last place that a sheet has, or a stretch is repeated for ever."""

    def change(xml: bytes) -> bytes:
        xml = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', xml)
        xml = xml.replace(
            b"</sheetData>",
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
        )
        return re.sub(
            rb"<table:table-(cell|row)\b",
            lambda one: (
                one[0]
                + b" table:number-"
                + (b"columns" if one[1] == b"cell" else b"rows")
                + b'-repeated="1000000"'
            ),
            xml,
            count=chance.randint(1, 50),
        )

    return _xml(content, chance, change)


CONTAINER: tuple[Change, ...] = (
    flip_inside,
    flip_inside,
    cut_inside,
    drop_element,
    drop_element,
    drop_member,
    swap_members,
    nasty_string,
    nasty_string,
    far_cell,
)


def changes(name: str, content: bytes) -> tuple[Change, ...]:
    """The changes that fit a file."""
    if content.startswith(b"PK"):
        return RAW[:3] + CONTAINER
    if content.startswith(OLD):
        return RAW + OLD_WORKBOOK
    if name.endswith((".csv", ".html", ".yaml", ".yml")):
        return RAW + TEXT
    return RAW
