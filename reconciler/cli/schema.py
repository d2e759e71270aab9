"""`reconciler schema`: what manifests look like, for editors."""

from __future__ import annotations

import click

from reconciler.cli.grammar import Command
from reconciler.cli.output import Form, show_document


@click.command(
    "schema",
    cls=Command,
    examples="""
        reconciler schema > manifests.schema.json
        reconciler schema workflow -o yaml

    For yaml-language-server, which VS Code, Neovim, Helix and others use, in the
    settings of the editor:
        "yaml.schemas": {"./manifests.schema.json": "manifests/**/*.{yaml,yml}"}
    or above a document:
        # yaml-language-server: $schema=../manifests.schema.json
    """,
)
@click.argument("kind", required=False, type=click.Choice(["user", "workflow"], case_sensitive=False))
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice([Form.JSON.value, Form.YAML.value], case_sensitive=False),
    default=Form.JSON.value,
    help="How it is shown: json or yaml.",
    metavar="FORM",
)
def command(kind: str | None, form: str) -> int:
    """Print the JSON Schema of manifests, of every kind or of one.

    With it an editor completes fields, explains them, and marks what is unknown, missing or of the wrong type
    while it is typed. What one document says of another is checked by `reconciler validate`.
    """
    from reconciler.desired.editors import json_schema
    from reconciler.resources import Kind

    show_document(json_schema(Kind(kind.capitalize()) if kind else None), form)
    return 0
