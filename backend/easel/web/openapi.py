"""The OpenAPI document of an app, completed with the contract's own types."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from easel.web.native_api import add_contract_schemas


def contract_openapi(
    app: FastAPI, *documents: type[BaseModel]
) -> Callable[[], dict[str, Any]]:
    """What to assign to `app.openapi`: `documents` are the tier's own answers."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            add_contract_schemas(schema, *documents)
            _drop_framework_errors(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    return openapi


def _drop_framework_errors(schema: dict[str, Any]) -> None:
    """FastAPI documents its own 422 body, which our apps never send."""
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
    for operations in schema["paths"].values():
        for operation in operations.values():
            answer = operation["responses"].get("422", {})
            if "application/json" in answer.get("content", {}):
                del operation["responses"]["422"]
