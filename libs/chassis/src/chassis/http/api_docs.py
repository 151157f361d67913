"""The pages of the API, in development only: Swagger UI from a package of ours, no foreign host.

FastAPI's own page loads its scripts from elsewhere: it is blank on a machine without the internet, and the host of the
scripts could read the token that is typed in here.
"""

from importlib.resources import files

from chassis.errors import NotFound
from chassis.http.auth import public
from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
_STATIC = files("fastapi_offline") / "static"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The API of this service</title>
<link rel="stylesheet" href="docs/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", validatorUrl: null});\n"""
"""Without `validatorUrl: null` it would show the description to a validator elsewhere."""


def router() -> APIRouter:
    """/docs and what it loads."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    @public("the description of the API, in development only")
    async def page() -> Response:
        """Every route, to be read and tried."""
        return HTMLResponse(_PAGE, headers=_HEADERS)

    @routes.get("/docs/{name}")
    @public("what that page loads")
    async def part(name: str) -> Response:
        """Swagger UI, and what begins it: not within the page, so that no script there needs to be allowed."""
        if name == "start.js":
            return Response(_START, media_type="text/javascript", headers=_HEADERS)
        if name in {"swagger-ui-bundle.js", "swagger-ui.css"}:
            return FileResponse(str(_STATIC / name), headers=_HEADERS)
        raise NotFound("there is no such file")

    return routes
