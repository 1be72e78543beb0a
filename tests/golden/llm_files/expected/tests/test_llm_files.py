"""The workflow llm_files, called as its clients call it."""

from tests.support import assert_answered, running

PATH = "/api/v1/llm_files/execute"

EXAMPLE = {
    "photo": {"filename": "photo.txt", "content_type": "text/plain", "content": "dGV4dA=="},
    "pages": [{"filename": "pages.txt", "content_type": "text/plain", "content": "dGV4dA=="}],
}


def test_it_is_described() -> None:
    with running() as client:
        info = client.get("/api/v1/llm_files/info").json()
        assert info["name"] == "llm_files"
        paths = client.get("/openapi.json").json()["paths"]
        assert "post" in paths["/api/v1/llm_files/execute"]


def test_missing_input_is_named() -> None:
    with running() as client:
        answer = client.post(
            PATH, json={"pages": [{"filename": "pages.txt", "content_type": "text/plain", "content": "dGV4dA=="}]}
        )
        assert answer.status_code == 422
        assert "photo" in [error["field"] for error in answer.json()["errors"]]


def test_the_example_is_answered() -> None:
    with running() as client:
        answer = client.post(PATH, json=EXAMPLE)
        assert_answered(answer)
