"""The OpenAPI description, made from the types that the API really uses."""

from functools import cache
from typing import Any

import msgspec

import backbot
from backbot.model import Reply
from backbot.text.clean import something_left

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
    # White space and invisible characters alone are an empty message too.
    components["ChatRequest"]["properties"]["message"]["pattern"] = something_left()

    def said(name: str, description: str) -> dict[str, Any]:
        schema = {"$ref": _TEMPLATE.format(name=name)}
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    refused = said("ErrorBody", "The request does not fit; the message says why.")
    missing = said("ErrorBody", "There is no such document.")
    retry = {
        "Retry-After": {
            "description": "Seconds after which to try again.",
            "schema": {"type": "integer", "minimum": 1},
        }
    }
    not_ready = said("ErrorBody", "No index can be answered from, or too many ask; try again.")
    too_many = said("ErrorBody", "This visitor asks too often; try again later.")
    not_ready["headers"] = too_many["headers"] = retry
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
                        "429": too_many,
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
                        "429": too_many,
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
            "/metrics": {
                "get": {
                    "operationId": "metrics",
                    "summary": "Counters for Prometheus; for the owner alone.",
                    "responses": {
                        "200": {
                            "description": "Prometheus text.",
                            "content": {"text/plain": {"schema": {"type": "string"}}},
                        },
                        "403": said("ErrorBody", "Neither from this machine nor with the token."),
                    },
                }
            },
        },
        "components": {"schemas": components},
    }
