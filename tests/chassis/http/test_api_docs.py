"""The pages of the API come from the service itself, scripts and all."""

import re

import httpx
from chassis.app import Application

from tests.chassis.test_parts import STRONG, Settings


def shown(environment: str) -> httpx.AsyncClient:
    settings = Settings.model_validate({**STRONG, "environment": environment})
    transport = httpx.ASGITransport(Application(settings, routers=[]).api)
    return httpx.AsyncClient(transport=transport, base_url="https://muster.example.org")


async def test_the_page_and_all_it_loads_come_from_the_service_and_name_no_foreign_host() -> None:
    async with shown("development") as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        assert "//" not in page.text
        wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        loaded = {path: await client.get(f"/{path}") for path in wanted}
        description = (await client.get("/openapi.json")).json()
    kinds = {path: answer.headers["content-type"].split(";")[0] for path, answer in loaded.items()}
    script, style = "text/javascript", "text/css"
    assert kinds == {"docs/swagger-ui.css": style, "docs/swagger-ui-bundle.js": script, "docs/start.js": script}
    assert {answer.status_code for answer in loaded.values()} == {200}
    assert "SwaggerUIBundle" in loaded["docs/swagger-ui-bundle.js"].text
    assert '"openapi.json"' in loaded["docs/start.js"].text
    assert description["info"]["title"] == "Muster members"


async def test_the_page_forbids_the_browser_every_other_host() -> None:
    async with shown("development") as client:
        policy = (await client.get("/docs")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert not re.search(r"https?:|\*", policy)


async def test_production_shows_no_page_of_the_api() -> None:
    async with shown("production") as client:
        paths = ("/docs", "/redoc", "/openapi.json", "/docs/start.js", "/docs/swagger-ui-bundle.js")
        assert [(await client.get(path)).status_code for path in paths] == [404] * len(paths)
