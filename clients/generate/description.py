"""Reads the API's description into what a client needs. A form that it does not know is an error that names the place, never a guess."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from typing import Any

JSON = "application/json"
EVENTS = "text/event-stream"
# What browsers say of a stream in its query, whose EventSource sends no headers; a client sends those.
FOR_BROWSERS = {"ticket", "last_event_id"}
# Commands without a key that may be repeated all the same: they only begin, renew or end a session, and registering again within ten
# minutes is the same registration.
REPEATABLE = {"auth_login", "auth_refresh", "auth_logout", "auth_register"}
# What signing in answers. Every answer that is or holds one ends the tokens of before, so a client goes on with it.
SESSION = "SessionView"
# What a client's runtime sends by itself.
HEADERS = {"Idempotency-Key", "If-Match", "Read-After", "Last-Event-ID"}
# What an investigator types by hand, and no program of ours: a client asks by the hash that an entry holds.
BY_HAND = {"Tot-Client-Address"}
# What third parties' programs send and call, which have credentials of their own: the packages are for apps of people.
OF_APPS = {"Tot-On-Behalf-Of"}
APPS = "apps"
METHODS = ("get", "post", "put", "patch", "delete")


class UnknownForm(SystemExit):
    """The description says something that the generator does not know."""

    def __init__(self, where: str, what: object) -> None:
        super().__init__(f"clients/generate: {where}: this form is not known: {what}\n  mend: teach description.py the form, or mend the API")


@dataclasses.dataclass(frozen=True)
class Type:
    """One type. `kind` is string, integer, number, boolean, any, object, ref, list, enum, union or bytes; an enum, or a ref that names
    one, is open where later versions of the API may say more."""

    kind: str
    name: str = ""
    words: tuple[str, ...] = ()
    is_open: bool = False
    members: tuple[Type, ...] = ()
    is_nullable: bool = False


@dataclasses.dataclass(frozen=True)
class Field:
    """A member of an object, or a parameter."""

    name: str
    type: Type
    required: bool
    doc: str


@dataclasses.dataclass(frozen=True)
class Schema:
    """An object, with what it extends; or another name of a type."""

    name: str
    doc: str
    bases: tuple[str, ...]
    fields: tuple[Field, ...]
    alias: Type | None = None


@dataclasses.dataclass(frozen=True)
class Operation:
    """What one method of a client does."""

    id: str
    tag: str
    verb: str
    method: str
    path: str
    path_parameters: tuple[Field, ...]
    query: tuple[Field, ...]
    body: str | None
    body_required: bool
    # What a file that is sent may be, where the body is one.
    sends: tuple[str, ...]
    headers: frozenset[str]
    secured: bool
    answer: Type | None
    files: tuple[str, ...]
    is_stream: bool
    # The member of the answer that is the list, its items and the parameter that goes on.
    page: tuple[Type, str] | None
    # The member of the answer that is a session to go on with; empty where the answer itself is one.
    session: str | None
    summary: str
    doc: str
    codes: tuple[str, ...]

    @property
    def repeatable(self) -> bool:
        """Whether a request whose answer was lost may be sent again as it is."""
        return self.method in ("GET", "PUT") or "Idempotency-Key" in self.headers or self.id in REPEATABLE


@dataclasses.dataclass(frozen=True)
class Api:
    """All of it."""

    version: str
    schemas: tuple[Schema, ...]
    operations: tuple[Operation, ...]

    def tags(self) -> dict[str, list[Operation]]:
        """Operations by their tags, in order."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.tag, []).append(operation)
        return found


def read(source: pathlib.Path) -> Api:
    """Reads a description."""
    document = json.loads(source.read_text("utf-8"))
    if not document["openapi"].startswith("3.1"):
        raise UnknownForm("openapi", document["openapi"])
    schemas = {name: schema_of(name, schema) for name, schema in document["components"]["schemas"].items()}
    if len({schema.name for schema in schemas.values()}) != len(schemas):
        raise UnknownForm("components.schemas", "two names that differ in underscores alone")
    growing = {schemas[name].name for name, schema in document["components"]["schemas"].items() if schema.get("x-open")}
    schemas = {name: schema if name.endswith("Body") else with_room(schema, growing) for name, schema in schemas.items()}
    operations = [
        operation_of(document, schemas, path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item and APPS not in item[method].get("tags", [])
    ]
    return Api(document["info"]["version"], tuple(in_order(schemas)), tuple(operations))


def with_room(schema: Schema, growing: set[str]) -> Schema:
    """What an answer says of a set that may grow leaves room for words that are not known yet; what a request takes does not."""
    if schema.alias:
        return dataclasses.replace(schema, alias=dataclasses.replace(schema.alias, is_open=False))
    fields = tuple(dataclasses.replace(field, type=opened(field.type, growing)) for field in schema.fields)
    return dataclasses.replace(schema, fields=fields)


def opened(found: Type, growing: set[str]) -> Type:
    """A type with room wherever it names such a set."""
    members = tuple(opened(member, growing) for member in found.members)
    is_open = found.is_open or (found.kind == "ref" and found.name in growing)
    return dataclasses.replace(found, members=members, is_open=is_open)


def in_order(schemas: dict[str, Schema]) -> list[Schema]:
    """Bases before what extends them."""
    done: dict[str, Schema] = {}
    named = {schema.name: schema for schema in schemas.values()}

    def add(schema: Schema) -> None:
        for base in schema.bases:
            add(named[base])
        done.setdefault(schema.name, schema)

    for schema in named.values():
        add(schema)
    return list(done.values())


def class_name(name: str) -> str:
    """`Positioned_BookingView` is `PositionedBookingView`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]", name))


def schema_of(name: str, schema: dict[str, Any]) -> Schema:
    """One component."""
    if "oneOf" in schema or schema.get("type", "object") != "object":
        return Schema(class_name(name), schema.get("description", ""), (), (), type_of(f"components.schemas.{name}", schema))
    bases: list[str] = []
    fields: list[Field] = []
    for part in schema.get("allOf", [schema]):
        if "$ref" in part:
            bases.append(ref_name(part["$ref"]))
        elif part.get("type") == "object" and ("properties" in part or "additionalProperties" in part):
            required = part.get("required", [])
            for member, form in part.get("properties", {}).items():
                found = type_of(f"{name}.{member}", form)
                fields.append(Field(member, found, member in required, doc_of(form)))
        elif part.get("type") != "object":
            raise UnknownForm(f"components.schemas.{name}", part)
    return Schema(class_name(name), schema.get("description", ""), tuple(bases), tuple(fields))


def doc_of(form: dict[str, Any]) -> str:
    """A description, also where it stands beside a reference in `oneOf`."""
    own = form.get("description")
    return own or next((part["description"] for part in form.get("oneOf", []) if "description" in part), "")


def ref_name(reference: str) -> str:
    """The component that a reference names."""
    return class_name(reference.rsplit("/", 1)[1])


def type_of(where: str, form: dict[str, Any]) -> Type:
    """The type of a schema."""
    if "$ref" in form:
        return Type("ref", ref_name(form["$ref"]))
    for key in ("oneOf", "anyOf"):
        if key in form:
            return union_of(where, form[key])
    if "allOf" in form and len(form["allOf"]) == 1:
        return type_of(where, form["allOf"][0])
    kinds = form.get("type")
    if kinds is None:
        if set(form) - {"description", "example", "examples"}:
            raise UnknownForm(where, form)
        return Type("any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    nullable = "null" in kinds
    kinds = [kind for kind in kinds if kind != "null"]
    if len(kinds) != 1:
        raise UnknownForm(where, form)
    return dataclasses.replace(plain_type(where, kinds[0], form), is_nullable=nullable)


def union_of(where: str, forms: list[dict[str, Any]]) -> Type:
    """`oneOf`: something or null, or several plain types."""
    members = [type_of(where, form) for form in forms if form.get("type") != "null"]
    nullable = len(members) < len(forms)
    if len(members) == 1:
        return dataclasses.replace(members[0], is_nullable=nullable or members[0].is_nullable)
    return Type("union", members=tuple(members), is_nullable=nullable)


def plain_type(where: str, kind: str, form: dict[str, Any]) -> Type:
    """A type that is no reference and no choice."""
    if kind == "string" and "enum" in form:
        words = tuple(word for word in form["enum"] if word is not None)
        return Type("enum", words=words, is_open=bool(form.get("x-open")))
    if kind == "string" and form.get("format") == "binary":
        return Type("bytes")
    if kind == "array":
        return Type("list", members=(type_of(f"{where}[]", form["items"]),))
    if kind == "object":
        if form.get("properties"):
            raise UnknownForm(where, "an object within an object; name it as a component")
        return Type("object")
    if kind in ("string", "integer", "number", "boolean"):
        return Type(kind)
    raise UnknownForm(where, form)


def resolved(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at, else the thing itself."""
    while "$ref" in thing:
        found: Any = document
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        thing = found
    return thing


def operation_of(
    document: dict[str, Any], schemas: dict[str, Schema], path: str, method: str, operation: dict[str, Any]
) -> Operation:
    """One operation."""
    name = operation["operationId"]
    tag, _, verb = name.partition("_")
    placed: dict[str, list[Field]] = {"path": [], "query": [], "header": []}
    for parameter in operation.get("parameters", []):
        parameter = resolved(document, parameter)
        found = type_of(f"{name}.{parameter['name']}", parameter["schema"])
        field = Field(parameter["name"], found, parameter.get("required", False), parameter.get("description", ""))
        placed[parameter["in"]].append(field)
    placed["header"] = [field for field in placed["header"] if field.name not in BY_HAND | OF_APPS]
    strange = {field.name for field in placed["header"]} - HEADERS
    if strange:
        raise UnknownForm(name, f"header parameters {sorted(strange)}")
    body = operation.get("requestBody")
    sends = files_sent(name, body["content"]) if body else ()
    if sends:
        body = None
    answer = resolved(document, operation["responses"]["200"]).get("content", {})
    shown = type_of(name, answer[JSON]["schema"]) if JSON in answer else None
    query = [field for field in placed["query"] if not (EVENTS in answer and field.name in FOR_BROWSERS)]
    in_path = sorted(placed["path"], key=lambda field: path.index("{" + field.name + "}"))
    return Operation(
        id=name, tag=tag, verb=verb, method=method.upper(), path=path,
        path_parameters=tuple(in_path), query=tuple(query),
        body=ref_name(body["content"][JSON]["schema"]["$ref"]) if body else None,
        body_required=bool(body and body.get("required")), sends=sends,
        headers=frozenset(field.name for field in placed["header"]),
        secured=bool(operation.get("security", document.get("security"))),
        answer=shown, files=tuple(sorted(set(answer) - {JSON, EVENTS})), is_stream=EVENTS in answer,
        page=page_of(schemas, shown, query), session=session_of(name, schemas, shown),
        summary=operation.get("summary", ""), doc=operation.get("description", ""),
        codes=codes_of(document, operation),
    )  # fmt: skip


def files_sent(where: str, content: dict[str, Any]) -> tuple[str, ...]:
    """The media types of a body that is a file, of which the description says no more than that (OpenAPI 3.1); none of JSON."""
    if list(content) == [JSON]:
        return ()
    if JSON in content or any(form.get("schema") for form in content.values()):
        raise UnknownForm(where, list(content))
    return tuple(sorted(content))


def page_of(schemas: dict[str, Schema], answer: Type | None, query: list[Field]) -> tuple[Type, str] | None:
    """The items of a list that goes on, and the parameter by which it does."""
    named = {schema.name: schema for schema in schemas.values()}
    if answer is None or answer.kind != "ref":
        return None
    fields = {field.name: field for field in named[answer.name].fields}
    cursor = next((field.name for field in query if field.name in ("cursor", "after")), None)
    if cursor is None or "items" not in fields or "next" not in fields:
        return None
    return fields["items"].type.members[0], cursor


def session_of(where: str, schemas: dict[str, Schema], answer: Type | None) -> str | None:
    """Where an answer holds a session."""
    named = {schema.name: schema for schema in schemas.values()}
    if answer is None or answer.kind != "ref":
        return None
    if SESSION in (answer.name, *named[answer.name].bases):
        return ""
    holding = [field for field in named[answer.name].fields if SESSION in names_in(field.type)]
    if not holding:
        return None
    if len(holding) > 1 or holding[0].type != Type("ref", SESSION):
        raise UnknownForm(where, f"an answer with several sessions: {[field.name for field in holding]}")
    return holding[0].name


def names_in(found: Type) -> set[str]:
    """The components that a type names."""
    return {found.name}.union(*map(names_in, found.members))


def codes_of(document: dict[str, Any], operation: dict[str, Any]) -> tuple[str, ...]:
    """Every code that a problem of the operation can have."""
    found: dict[str, None] = {}
    for status, response in operation["responses"].items():
        if status >= "400":
            found.update(dict.fromkeys(resolved(document, response).get("x-problem-codes", [])))
    return tuple(found)
