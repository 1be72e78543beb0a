"""The forms that values may have on their way in: texts of parameters, points in time, and where a problem is."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, with_config
from typing_extensions import TypedDict

from templates.runtime.moments import Moment
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import STRICT, make_app, serving, workflow

START = datetime(2024, 3, 1, tzinfo=UTC)


@with_config(STRICT)
class Parameters(TypedDict):
    whole: Annotated[int, Field(default=0)]
    price: Annotated[int | float, Field(default=0)]
    level: Annotated[Literal[1, 2], Field(default=1)]
    yes: Annotated[bool | None, Field(default=None)]
    since: Annotated[Moment | None, Field(default=None)]
    many: Annotated[list[int], Field(default=[])]
    text: Annotated[str, Field(default="")]


@with_config(STRICT)
class Slot(TypedDict):
    start: Moment
    price: int | float


@with_config(STRICT)
class Slots(TypedDict):
    slots: Annotated[list[Slot], Field(default=[])]
    since: Annotated[Moment, Field(default=START)]
    extra: Annotated[Any, Field(default=None)]


async def give_back(ctx: Any) -> Any:
    return dict(ctx.input)


def _with_parameters() -> Any:
    trigger = HttpTrigger(
        "GET", "/given", parameters=dict.fromkeys(Parameters.__annotations__, "query"), parameters_type=Parameters
    )
    return workflow(give_back, trigger=trigger, input_type=Parameters, output_type=dict[str, Any])


def _with_body() -> Any:
    return workflow(give_back, input_type=Slots, output_type=dict[str, Any])


def test_texts_of_parameters_become_values(fast_path: bool) -> None:
    query = "whole=-7&price=1.5e2&level=2&yes=true&since=2024-01-05T10:00:00Z&many=1&many=2&text=007"
    with serving(make_app(_with_parameters(), fast_path=fast_path)) as server:
        answer = server.client.get(f"/given?{query}")
        large = server.client.get("/given?price=100000000000000000001&since=2024-01-05")
    assert answer.json() == {
        "whole": -7,
        "price": 150.0,
        "level": 2,
        "yes": True,
        "since": "2024-01-05T10:00:00+00:00",
        "many": [1, 2],
        "text": "007",
    }
    assert large.json()["price"] == 100000000000000000001
    assert large.json()["since"] == "2024-01-05T00:00:00"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("whole=1_0", ["whole"]),
        ("whole=1.0", ["whole"]),
        ("whole=%2B1", ["whole"]),
        ("whole=%201", ["whole"]),
        ("whole=%D9%A3", ["whole"]),
        ("whole=", ["whole"]),
        ("price=nan&whole=x", ["price", "whole"]),
        ("price=Infinity", ["price"]),
        ("price=1e999", ["price"]),
        ("price=1_0.5", ["price"]),
        ("price=.5", ["price"]),
        ("level=3", ["level"]),
        ("yes=maybe", ["yes"]),
        ("since=1700000000", ["since"]),
        ("since=2024-13-45", ["since"]),
        ("many=1&many=1_0&many=x", ["many.1", "many.2"]),
    ],
)
def test_only_forms_that_everybody_reads_alike_are_taken(query: str, fields: list[str], fast_path: bool) -> None:
    with serving(make_app(_with_parameters(), fast_path=fast_path)) as server:
        answer = server.client.get(f"/given?{query}")
    assert answer.status_code == 422
    assert sorted(each["field"] for each in answer.json()["errors"]) == fields


@pytest.mark.parametrize("moment", ["1700000000", "20240105", "-5", "1.5", "2024-01-05", "soon"])
def test_digits_are_no_point_in_time(moment: str, fast_path: bool) -> None:
    body = {"since": moment, "slots": [{"start": moment, "price": 1}]}
    with serving(make_app(_with_body(), fast_path=fast_path)) as server:
        answer = server.post(body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["slots.0.start", "since"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"slots": [{"start": "2024-01-05T10:00Z", "price": 1, "price": 2}]}', ["slots.0.price"]),
        (b'{"extra": {"a": [{"b": 1, "b": {"c": 1, "c": 2}}], "d": NaN}}', ["extra.a.0.b", "extra.a.0.b.c", "extra.d"]),
        (b'{"extra": [1, [1e999]], "extra": 1}', ["extra", "extra.1.0"]),
        (b'{"slots": [{"start": "2024-01-05T10:00Z", "price": "dear"}]}', ["slots.0.price"]),
    ],
)
def test_a_problem_is_named_with_the_way_to_it(body: bytes, fields: list[str], fast_path: bool) -> None:
    with serving(make_app(_with_body(), fast_path=fast_path)) as server:
        headers = {"content-type": "application/json"}
        answer = server.client.post("/api/v1/echo/execute", content=body, headers=headers)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == fields


def test_a_field_that_is_called_like_a_type_keeps_its_name() -> None:
    # As members of a class they would hide the types.
    fields = TypedDict("fields", {"int": int, "float": int | float})  # noqa: UP013
    app = make_app(workflow(give_back, input_type=with_config(STRICT)(fields), output_type=dict[str, Any]))
    with serving(app) as server:
        answer = server.post({"int": "x", "float": "y"})
    assert [each["field"] for each in answer.json()["errors"]] == ["int", "float"]


def test_openapi_asks_for_a_body_only_where_one_is_needed(fast_path: bool) -> None:
    needed = workflow()
    flow = _with_body()
    optional = workflow(
        give_back,
        name="optional",
        trigger=HttpTrigger("POST", "/optional"),
        input_type=flow.input_type,
        output_type=flow.output_type,
    )
    app = make_app(needed, optional, fast_path=fast_path)
    paths = app.openapi()["paths"]
    with serving(app) as server:
        without = server.client.post("/optional")
        refused = server.client.post("/api/v1/echo/execute")
    assert paths["/optional"]["post"]["requestBody"]["required"] is False
    assert "content" in paths["/optional"]["post"]["requestBody"]
    assert (without.status_code, without.json()["since"]) == (200, "2024-03-01T00:00:00+00:00")
    assert paths["/api/v1/echo/execute"]["post"]["requestBody"]["required"] is True
    assert refused.status_code == 422


Share = Annotated[int | float, Field(gt=0, le=1)]


@with_config(STRICT)
class Shares(TypedDict):
    one: Annotated[Share | None, Field(default=None)]
    many: Annotated[list[Share], Field(default=[])]
    top: Annotated[int | float, Field(ge=-3, description="At the top.", default=1)]


@pytest.mark.parametrize("place", ["body", "query", "info"])
def test_limits_of_numbers_are_told_in_words_of_json_schema(place: str) -> None:
    """`Share` is a union to pydantic, which names its limits as Python does."""
    parameters: dict[str, Any] = {
        "parameters_type": Shares,
        "parameters": dict.fromkeys(Shares.__annotations__, "query"),
    }
    trigger = HttpTrigger("POST", "/shares", **(parameters if place == "query" else {}))
    app = make_app(workflow(give_back, trigger=trigger, input_type=Shares, output_type=dict[str, Any]))
    with serving(app) as server:
        told = server.client.get("/api/v1/echo/info" if place == "info" else "/openapi.json").json()
        refused = server.post(
            {"one": 0, "many": [2], "top": -4} if place != "query" else {}, "/shares?one=0&many=2&top=-4"
        )
    match place:
        case "body":
            schema = told["components"]["schemas"]["Shares"]["properties"]
        case "query":
            schema = {each["name"]: each["schema"] for each in told["paths"]["/shares"]["post"]["parameters"]}
        case _:
            schema = told["input"]["properties"]
    share = {"anyOf": [{"type": "integer"}, {"type": "number"}], "exclusiveMinimum": 0, "maximum": 1}
    assert schema["one"]["anyOf"] == [share, {"type": "null"}]
    assert schema["many"]["items"] == share
    assert schema["top"]["minimum"] == -3
    assert [each["field"] for each in refused.json()["errors"]] == ["one", "many.0", "top"]
