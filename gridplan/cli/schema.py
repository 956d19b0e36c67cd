"""``gridplan schema``: the JSON Schema of the files that people write."""

from __future__ import annotations

import json

import rich_click as click


@click.command()
@click.argument("kind", type=click.Choice(["study", "rules"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of study or rule-set files, for editors that check while you type.

    Example: gridplan schema study > study.schema.json
    """
    from gridplan.assessment.rulefile import rules_schema
    from gridplan.study import study_schema

    schemas = {"study": study_schema, "rules": rules_schema}
    click.echo(json.dumps(schemas[kind](), indent=2, ensure_ascii=False))
