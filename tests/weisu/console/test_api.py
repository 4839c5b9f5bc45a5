"""The search API."""

from fakes.console_city import text_of
from starlette.testclient import TestClient


def test_the_api_searches_with_facets_and_histogram(page: TestClient) -> None:
    asked = {"q": "停水", "facet": ["status"], "histogram": "hour", "where": ["district=城东区"]}
    found = page.get("/api/search", params=asked).json()
    assert found["total"] == 3
    assert any("〖停水〗" in hit["highlights"].get("content", [""])[0] for hit in found["hits"])
    assert {value["value"] for value in found["facets"]["status"]} == {"open", "closed"}
    assert found["histogram"] == [{"start": "2025-03-03T08:00:00+08:00", "count": 3}]


def test_the_deepest_pages_can_be_asked_for(page: TestClient) -> None:
    for address in ("/?page=400", "/tickets?page=400", "/problems?page=400", "/ledger?page=400"):
        assert page.get(address).status_code == 200


def test_the_api_describes_itself(page: TestClient) -> None:
    document = page.get("/api/openapi.json").json()
    assert set(document["paths"]) == {"/api/search", "/api/{collection}/{id}"}
    assert "/api/search" in text_of(page.get("/api").text)
