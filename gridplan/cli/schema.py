"""``gridplan schema``: the JSON Schema of the files that people write."""

from __future__ import annotations

import json

import rich_click as click


@click.command()
@click.argument("kind", type=click.Choice(["study", "rules", "waivers"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of study, rule-set or waiver files, for editors that check them.

    Example: gridplan schema study > study.schema.json
    """
    from gridplan.assessment.rulefile import rules_schema
    from gridplan.network.waivers import waivers_schema
    from gridplan.study import study_schema

    schemas = {"study": study_schema, "rules": rules_schema, "waivers": waivers_schema}
    click.echo(json.dumps(schemas[kind](), indent=2, ensure_ascii=False))
