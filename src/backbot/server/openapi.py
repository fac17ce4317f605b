"""The OpenAPI description, made from the types that the API really uses."""

from functools import cache
from typing import Any

import msgspec

import backbot
from backbot.model import Reply

_TEMPLATE = "#/components/schemas/{name}"


@cache
def describe() -> dict[str, Any]:
    """Return the description of the API as an OpenAPI 3.1 document."""
    from backbot.server import api, feedback

    types = (
        api.ChatRequest,
        Reply,
        api.Suggestions,
        api.DocumentView,
        feedback.FeedbackRequest,
        api.ErrorBody,
        api.Status,
        api.Life,
    )
    _, components = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    message = components["ChatRequest"]["properties"]["message"]
    # White space and invisible characters alone are an empty message too.
    message["pattern"] = r"\S"

    def said(name: str, description: str) -> dict[str, Any]:
        schema = {"$ref": _TEMPLATE.format(name=name)}
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    refused = said("ErrorBody", "The request does not fit; the message says why.")
    missing = said("ErrorBody", "There is no such document.")
    not_ready = said("ErrorBody", "No index can be answered from.")
    identifier = {
        "name": "identifier",
        "in": "path",
        "required": True,
        "description": "A document's ID.",
        "schema": {"type": "string"},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Backbot",
            "version": backbot.__version__,
            "description": "Answers out of a site's own articles, word for word, with citations.",
        },
        "paths": {
            "/api/chat": {
                "post": {
                    "operationId": "chat",
                    "summary": "Answer one message.",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {"$ref": _TEMPLATE.format(name="ChatRequest")}
                            }
                        },
                    },
                    "responses": {
                        "200": said("Reply", "The reply."),
                        "400": refused,
                        "413": refused,
                        "415": refused,
                        "503": not_ready,
                    },
                }
            },
            "/api/suggestions": {
                "get": {
                    "operationId": "suggestions",
                    "summary": "Questions that the corpus really answers.",
                    "responses": {"200": said("Suggestions", "The questions."), "503": not_ready},
                }
            },
            "/api/documents/{identifier}": {
                "get": {
                    "operationId": "document",
                    "summary": "The text that excerpts of a document are cut from.",
                    "parameters": [identifier],
                    "responses": {
                        "200": said("DocumentView", "The document."),
                        "404": missing,
                        "503": not_ready,
                    },
                }
            },
            "/api/feedback": {
                "post": {
                    "operationId": "feedback",
                    "summary": "Say whether a reply helped.",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {"$ref": _TEMPLATE.format(name="FeedbackRequest")}
                            }
                        },
                    },
                    "responses": {
                        "204": {"description": "It has been taken."},
                        "400": refused,
                        "413": refused,
                        "415": refused,
                    },
                }
            },
            "/healthz": {
                "get": {
                    "operationId": "healthz",
                    "summary": "Whether the process is alive.",
                    "responses": {"200": said("Life", "Alive.")},
                }
            },
            "/readyz": {
                "get": {
                    "operationId": "readyz",
                    "summary": "Whether an index is loaded and answers.",
                    "responses": {"200": said("Status", "Ready."), "503": not_ready},
                }
            },
        },
        "components": {"schemas": components},
    }
