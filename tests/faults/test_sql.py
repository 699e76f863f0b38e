"""SQL is never made of data: whatever is put into a query is a name quoted, or declared in code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pipeline

STATEMENT = re.compile(
    r"\s*(ALTER|ATTACH|COMMENT ON|COPY|CREATE|DELETE FROM|DESCRIBE|DROP|FROM|INSERT INTO|PRAGMA"
    r"|SELECT|SET|UPDATE|WHERE|WITH)\s"
)
QUOTED = {"_quoted", "_text", "identifier", "literal"}
DECLARED = {
    ("database/publish.py", "layer"): "LAYERS",
    ("database/publish.py", "target"): "layer and quoted name of a declared table or view",
    ("database/publish.py", "', '.join(columns)"): "quoted names and DuckDB's own types",
    ("database/publish.py", "view.schema"): "schema of a declared view",
    ("database/publish.py", "view.name"): "name of a declared macro",
    ("database/publish.py", "view.query"): "an SQL file of this project",
    ("reading/revisions.py", "key"): "columns of a declared source",
    ("reading/revisions.py", "pick"): "one of two words of the code",
    ("reading/revisions.py", "source.name"): "name of a declared source",
    ("database/sqltable.py", "layer"): "read out of an SQL file of this project",
    ("database/sqltable.py", "name"): "read out of an SQL file of this project",
    ("database/sqltable.py", "own"): "a word of the code with a number",
    ("database/sqltable.py", "rows"): "a registered frame, or the path of a table, quoted",
}
"""What else is put into a query, and where it comes from: never out of a published file."""


def put_in() -> Iterator[tuple[str, str, ast.expr]]:
    """Every expression that is put into a text that begins like SQL."""
    home = Path(pipeline.__file__).parent
    for path in sorted(home.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.JoinedStr):
                continue
            first = node.values[0]
            text = first.value if isinstance(first, ast.Constant) else ""
            if isinstance(text, str) and STATEMENT.match(text):
                for part in node.values:
                    if isinstance(part, ast.FormattedValue):
                        yield str(path.relative_to(home)), ast.unparse(part.value), part.value


def test_whatever_is_put_into_sql_is_quoted_or_declared() -> None:
    found = list(put_in())
    assert len(found) > 10
    loose = {
        (file, said)
        for file, said, value in found
        if not (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in QUOTED
        )
    }
    assert loose - set(DECLARED) == set(), "quote it, or bind it as a parameter"
    assert set(DECLARED) - loose == set(), "no longer put into SQL: take it out of the list"
