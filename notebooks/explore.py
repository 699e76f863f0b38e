"""Three views of a published database: what was found, a council beside its peers, what is missing.

marimo run notebooks/explore.py -- --database data/england/rapport.duckdb
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Rapport")

with app.setup:
    import altair as alt
    import duckdb
    import marimo as mo


@app.cell
def _():
    path = mo.cli_args().get("database") or "data/sample/rapport.duckdb"
    database = duckdb.connect(path, read_only=True)
    (run,) = database.table("meta.run").pl().to_dicts()
    return database, run


@app.cell
def _(run):
    mark = "SYNTHETIC: every figure is generated. None is about a real place."
    mo.md(f"""
    # Rapport: {run["title"]}

    {f"**{mark}**" if run["synthetic"] else ""}

    Version {run["version"]}, built {run["built_at"]}.
    """)


@app.cell
def _(database):
    found = database.sql("""
        SELECT DISTINCT
            coalesce(spec.title, 'The claim as a whole') AS analysis,
            if(said.part = 'within', 'inside', said.part) AS part,
            replace(said.verdict, block, measures) AS verdict,
            coalesce(said.exploratory, '') AS exploratory,
            replace(said.sentence, block, measures) AS sentence
        FROM evidence.verdict AS said
        CROSS JOIN (
            SELECT 'how the block is composed' AS block, 'how measures are put together' AS measures
        )
        LEFT JOIN evidence.analysis_spec AS spec USING (spec_id)
        WHERE said.composition = 'both'
        ORDER BY spec.title NULLS FIRST, part
    """).pl()
    mo.vstack(
        [
            mo.md(
                "## What was found\n\nAssociation and prediction, never cause. What is exploratory "
                "was looked at before the rule was registered, or made under another one."
            ),
            mo.accordion(
                {
                    f"{row['analysis']} ({row['part']}"
                    f"{', exploratory' if row['exploratory'] else ''}): {row['verdict']}": mo.md(
                        row["sentence"]
                        + (f"\n\n*Exploratory:* {row['exploratory']}" if row["exploratory"] else "")
                    )
                    for row in found.to_dicts()
                },
                multiple=True,
            ),
        ]
    )


@app.cell
def _(database):
    councils = database.sql(
        "SELECT areanm, areacd FROM locality.place WHERE comparators IS NOT NULL ORDER BY areanm"
    ).fetchall()
    indicators = database.sql(
        "SELECT title, name FROM meta.indicator "
        "WHERE name IN (SELECT indicator FROM peers) ORDER BY block, title"
    ).fetchall()
    council = mo.ui.dropdown(
        {f"{name} ({code})": code for name, code in councils},
        value=f"{councils[0][0]} ({councils[0][1]})",
        label="Council",
    )
    indicator = mo.ui.dropdown(dict(indicators), value=indicators[0][0], label="Indicator")
    mo.vstack([mo.md("## A council beside the five most like it"), council, indicator])
    return council, indicator


@app.cell
def _(council, database, indicator):
    beside = database.sql(
        "FROM compare(?, ?) ORDER BY year, peer_rank", params=[council.value, indicator.value]
    ).pl()
    lines = (
        alt.Chart(beside)
        .mark_line(point=True)
        .encode(
            x=alt.X("year:O", title="Financial year (by the year it starts in)"),
            y=alt.Y("value:Q", title=indicator.selected_key, scale=alt.Scale(zero=False)),
            color=alt.Color("peer_areanm:N", title=None),
            shape=alt.Shape("peer_areanm:N", title=None),
            strokeDash=alt.condition("datum.peer_rank == 0", alt.value([0]), alt.value([4, 3])),
            tooltip=["peer_areanm", "year", "value", "status", "coverage"],
        )
        .properties(width=560, description="Solid: the council. Dashed: the five most like it.")
    )
    mo.vstack(
        [
            lines,
            mo.md("Solid: the council; dashed: the five. A gap is a missing value, never zero."),
            mo.ui.table(
                beside, selection=None, format_mapping={"year": "{:.0f}", "value": "{:.4g}"}
            ),
        ]
    )


@app.cell
def _(database):
    missing = database.sql("""
        SELECT spec_id, block, title, measured_share, why_not
        FROM meta.construct_coverage WHERE NOT used ORDER BY ALL
    """).pl()
    mo.vstack(
        [
            mo.md(
                "## What no panel could use\n\nA block without any measure is a hole in the test, "
                "not evidence that it does not matter."
            ),
            mo.ui.table(missing, selection=None, wrapped_columns=["why_not", "title"]),
        ]
    )


if __name__ == "__main__":
    app.run()
