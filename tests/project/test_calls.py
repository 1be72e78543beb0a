"""What a route is called with: each value of the input where the route wants it; and examples of such input."""

import base64

from catalyst.api import compile_flow
from catalyst.graph.calls import Call, call_of
from catalyst.graph.examples import example_input

FLOW = """\
catalyst: 1
name: placed
input:
  name: {type: string, from: path}
  page: {type: integer, from: path, default: 7}
  tags: {type: array, items: string, from: query}
  sure: {type: boolean, from: header}
  note: string?
triggers:
  - http: {method: PUT, path: "/at/{name}/{page}"}
nodes:
  same: {type: set, with: {value: "{{ input.name }}"}}
output: {name: "{{ nodes.same.output }}"}
"""
BODYLESS = """\
catalyst: 1
name: bodyless
triggers:
  - http: {method: GET, path: /get}
  - http: {method: POST, path: /post}
nodes:
  same: {type: set, with: {value: 1}}
output: {same: "{{ nodes.same.output }}"}
"""


def test_values_go_where_the_route_wants_them() -> None:
    workflow = compile_flow(FLOW).workflows[0]
    given = {"name": "a b/ü", "tags": ["x", "y&z"], "sure": True, "note": "n"}
    call = call_of(workflow, workflow.routes[0], given)
    assert call == Call("PUT", "/at/a%20b%2F%C3%BC/7", {"tags": ["x", "y&z"]}, {"sure": "true"}, {"note": "n"})
    assert call.sends_body
    without = call_of(workflow, workflow.routes[0], {"name": "a", "page": 2})
    assert without == Call("PUT", "/at/a/2", {}, {}, {})
    assert without.sends_body


def test_a_body_is_sent_where_one_is_expected() -> None:
    workflow = compile_flow(BODYLESS).workflows[0]
    calls = [call_of(workflow, route, {}) for route in workflow.routes]
    assert [(call.method, call.body, call.sends_body) for call in calls] == [("GET", {}, False), ("POST", {}, True)]


def test_lists_come_several_times_in_the_project_too() -> None:
    files = compile_flow(FLOW).files
    assert 'QUERY = {"tags": ["tags"]}' in files["tests/test_placed.py"]
    assert "/at/name/7?tags=tags" in files["README.md"]


EXAMPLES = """\
catalyst: 1
name: examples
input:
  email: {type: string, pattern: '^[^@\\s]+@[^@\\s]+$'}
  code: {type: string, pattern: '^[A-Z]{2}-\\d{4}$'}
  long: {type: string, pattern: '^\\d+$', min_length: 6, max_length: 6}
  odd: {type: string, pattern: '^zebra{7}$'}
  short: {type: string, max_length: 3}
  choice: {type: string, enum: [red, blue]}
  data: bytes
  count: {type: integer, minimum: 5}
nodes:
  same: {type: set, with: {value: "{{ input.code }}"}}
output: {same: "{{ nodes.same.output }}"}
"""


def test_examples_fit_their_limits() -> None:
    workflow = compile_flow(EXAMPLES).workflows[0]
    found = example_input(workflow)
    assert base64.b64decode(found.pop("data"), validate=True)
    assert found == {
        "email": "name@example.com",
        "code": "AB-1234",
        "long": "123456",
        "odd": "odd",  # nothing usual fits
        "short": "sho",
        "choice": "red",
        "count": 5,
    }
