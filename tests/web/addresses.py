"""Every address that the service has, for what has to be said of each."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

BESIDE = {"/openapi.json": "the product's own description", "/static": "style, icon and script"}
"""What no endpoint of ours answers."""


def routes(app: FastAPI) -> Iterator[RouteContext]:
    """Its endpoints, also those of routers within routers, under the prefixes that these are included with."""
    return (route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIRoute))


def addresses(app: FastAPI) -> set[str]:
    """By method and path."""
    return {f"{method} {route.path}" for route in routes(app) for method in route.methods or ()}
