"""``gridplan schema``: what the files that people write may hold."""

from __future__ import annotations

import json

import rich_click as click


@click.command()
@click.argument("kind", type=click.Choice(["study", "rules", "costs", "waivers"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of studies, rule sets or accepted warnings, for editors to check them.

    For costs the table of prices and hours that comes with gridplan, as CSV: change the rows that
    you know, leave out the others, and name the file in the study (measures: costs).

    Example: gridplan schema study > study.schema.json
    """
    if kind == "costs":
        from gridplan.measures.costs import shipped_text

        click.echo(shipped_text(), nl=False)
        return
    from gridplan.assessment.rulefile import rules_schema
    from gridplan.network.warning_waivers import waivers_schema
    from gridplan.study import study_schema

    schemas = {"study": study_schema, "rules": rules_schema, "waivers": waivers_schema}
    click.echo(json.dumps(schemas[kind](), indent=2, ensure_ascii=False))
