"""The OpenAPI document: what FastAPI knows of the routes, and what they read and give by themselves."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from reconciler.web.models import NewUser, NewWorkflow
from reconciler.web.problems import ProblemDocument
from reconciler.web.shapes import SHAPES

_MODELS: Final = (ProblemDocument, NewUser, NewWorkflow)
"""Models that no route's signature names."""


def describe(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "Made by `reconciler token create`."}
    }
    schemas = components.setdefault("schemas", {})
    schemas |= SHAPES.components
    for model in _MODELS:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= {**schema.pop("$defs", {}), model.__name__: schema}
    return document
