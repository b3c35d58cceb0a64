"""What a small description becomes, and that an unknown form is told by its place."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import description  # noqa: E402
import emit_python  # noqa: E402
import emit_typescript  # noqa: E402


def small() -> dict[str, Any]:
    """One list of things."""
    page = {"type": "object", "required": ["items"], "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "next": {"type": ["string", "null"]},
    }}  # fmt: skip
    thing = {"type": "object", "required": ["state"], "properties": {
        "state": {"type": "string", "enum": ["new", "old"], "x-open": True},
        "from": {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
    }}  # fmt: skip
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    answer = {"description": "Done", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    refused = {"description": "`gone`", "x-problem-codes": ["gone"]}
    return {
        "openapi": "3.1.0",
        "info": {"version": "1"},
        "paths": {
            "/things/{id}/end": {"post": {
                "operationId": "things_end", "parameters": [path, key], "security": [{"bearer": []}],
                "responses": {"200": answer, "409": refused},
            }},
            "/things": {"get": {
                "operationId": "things_list", "parameters": [{"name": "cursor", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page_Thing"}}}}},
            }, "post": {"operationId": "things_make", "responses": {"200": answer}}},
        },
        "components": {"schemas": {"Thing": thing, "Page_Thing": page}},
    }  # fmt: skip


def read(tmp_path: pathlib.Path, document: dict[str, Any]) -> description.Api:
    """Reads it as a file."""
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(document), "utf-8")
    return description.read(source)


def test_what_may_be_sent_again_carries_a_key_or_changes_nothing(tmp_path: pathlib.Path) -> None:
    found = {operation.id: operation for operation in read(tmp_path, small()).operations}
    assert {name: operation.repeatable for name, operation in found.items()} == {
        "things_list": True, "things_end": True, "things_make": False,
    }  # fmt: skip
    assert "auth_register" in description.REPEATABLE, "twice within ten minutes is once"
    assert found["things_end"].codes == ("gone",) and found["things_end"].secured
    assert found["things_list"].page is not None and found["things_list"].page[1] == "cursor"


def test_open_sets_stay_open_and_words_of_the_language_are_written_apart(tmp_path: pathlib.Path) -> None:
    api = read(tmp_path, small())
    typescript = emit_typescript.files(api)
    assert "state: 'new' | 'old' | (string & {});" in typescript["schemas.ts"]
    assert "from?: Thing | null;" in typescript["schemas.ts"]
    assert "keyed: true" in typescript["operations.ts"] and "listEach(" in typescript["operations.ts"]
    assert "things_end: 'gone';" in typescript["codes.ts"]
    python = emit_python.files(api)
    assert 'Thing = TypedDict("Thing", {"state": "Literal[\'new\', \'old\'] | str"' in python["schemas.py"]
    assert "async def end(self, id: str, *, idempotency_key: str | None = None)" in python["async_operations.py"]


def test_another_name_of_a_type_is_one(tmp_path: pathlib.Path) -> None:
    document = small()
    document["components"]["schemas"]["Amount"] = {"oneOf": [{"type": "string", "pattern": "^[0-9]+$"}, {"type": "number"}]}
    api = read(tmp_path, document)
    assert "export type Amount = string | number;" in emit_typescript.files(api)["schemas.ts"]
    assert 'Amount: TypeAlias = "str | float"' in emit_python.files(api)["schemas.py"]


def test_a_named_set_is_open_where_it_is_answered_and_closed_where_it_is_taken(tmp_path: pathlib.Path) -> None:
    document = small()
    schemas = document["components"]["schemas"]
    schemas["State"] = {"type": "string", "enum": ["new", "old"], "x-open": True}
    state = {"$ref": "#/components/schemas/State"}
    schemas["Thing"]["properties"] = {"state": state, "before": {"type": "array", "items": state}}
    schemas["ThingBody"] = {"type": "object", "properties": {"state": state}}
    document["paths"]["/things"]["get"]["parameters"].append({"name": "state", "in": "query", "schema": state})
    api = read(tmp_path, document)
    typescript, python = emit_typescript.files(api), emit_python.files(api)
    assert "export type State = 'new' | 'old';" in typescript["schemas.ts"]
    assert "state: State | (string & {});" in typescript["schemas.ts"]
    assert "before?: Array<State | (string & {})>;" in typescript["schemas.ts"]
    assert "ThingBody {\n  state?: State;" in typescript["schemas.ts"]
    assert "state?: schemas.State" in typescript["operations.ts"] and "schemas.State |" not in typescript["operations.ts"]
    assert "State: TypeAlias = Literal['new', 'old']\n" in python["schemas.py"]
    assert "state: State | str" in python["schemas.py"] and "before: NotRequired[list[State | str]]" in python["schemas.py"]
    assert "state: schemas.State | None = None" in python["operations.py"]


def test_a_body_that_is_a_file_is_sent_as_it_is_with_its_type(tmp_path: pathlib.Path) -> None:
    document = small()
    post = document["paths"]["/things"]["post"]
    post["requestBody"] = {"required": True, "content": {"image/png": {}, "application/pdf": {}}}
    api = read(tmp_path, document)
    found = next(operation for operation in api.operations if operation.id == "things_make")
    assert found.sends == ("application/pdf", "image/png") and found.body is None and not found.repeatable
    typescript, python = emit_typescript.files(api)["operations.ts"], emit_python.files(api)["operations.py"]
    assert "make(file: Blob | Uint8Array<ArrayBuffer>, mediaType: 'application/pdf' | 'image/png', options" in typescript
    assert "repeatable: false, file, mediaType }" in typescript
    assert 'def make(self, file: bytes, media_type: Literal["application/pdf", "image/png"])' in python
    assert "file=file, media_type=media_type" in python
    post["requestBody"]["content"]["application/json"] = {}
    with pytest.raises(SystemExit, match="things_make"):
        read(tmp_path, document)


def with_session(answered: dict[str, Any]) -> dict[str, Any]:
    """Making a thing answers this."""
    document = small()
    document["components"]["schemas"] |= {"SessionView": {"type": "object", "properties": {"access_token": {"type": "string"}}}, "Made": answered}
    shown = document["paths"]["/things"]["post"]["responses"]["200"] = {"content": {"application/json": {}}}
    shown["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/Made"}}
    return document


SESSION = {"$ref": "#/components/schemas/SessionView"}
AMONG_OTHERS = {"type": "object", "required": ["session"], "properties": {"codes": {"type": "string"}, "session": SESSION}}


@pytest.mark.parametrize(("answered", "place"), [({"allOf": [SESSION]}, ""), (AMONG_OTHERS, "session")])
def test_an_answer_that_is_or_holds_a_session_says_where(tmp_path: pathlib.Path, answered: dict[str, Any], place: str) -> None:
    api = read(tmp_path, with_session(answered))
    assert {operation.id: operation.session for operation in api.operations} == {
        "things_list": None, "things_end": None, "things_make": place,
    }  # fmt: skip
    assert f"session: '{place}'" in emit_typescript.files(api)["operations.ts"]
    assert f'session="{place}"' in emit_python.files(api)["operations.py"]


@pytest.mark.parametrize(
    "members",
    [
        {"session": {"oneOf": [SESSION, {"type": "null"}]}},
        {"session": {"type": "array", "items": SESSION}},
        {"session": SESSION, "other": SESSION},
    ],
)
def test_a_session_without_a_plain_place_is_told_by_it(tmp_path: pathlib.Path, members: dict[str, Any]) -> None:
    document = with_session({"type": "object", "required": ["session", "other"], "properties": members})
    with pytest.raises(SystemExit, match="things_make"):
        read(tmp_path, document)


@pytest.mark.parametrize(
    ("place", "form"),
    [
        ("Thing.state", {"type": ["string", "integer"]}),
        ("Thing.state", {"type": "object", "properties": {"within": {"type": "string"}}}),
        ("Thing.state", {"not": {}}),
    ],
)
def test_an_unknown_form_is_told_by_its_place(tmp_path: pathlib.Path, place: str, form: dict[str, Any]) -> None:
    document = small()
    document["components"]["schemas"]["Thing"]["properties"]["state"] = form
    with pytest.raises(SystemExit, match=place):
        read(tmp_path, document)


def test_a_header_that_no_runtime_sends_is_refused(tmp_path: pathlib.Path) -> None:
    document = small()
    document["paths"]["/things"]["post"]["parameters"] = [{"name": "X-New", "in": "header", "schema": {"type": "string"}}]
    with pytest.raises(SystemExit, match="things_make.*X-New"):
        read(tmp_path, document)
