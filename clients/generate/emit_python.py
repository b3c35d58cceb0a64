"""The Python that the client's runtime stands on: typed dictionaries, and a class of methods for each tag, once waiting and once not."""

from __future__ import annotations

import keyword
import re

from description import Api, Field, Operation, Schema, Type

HEAD = '"""Generated from the API\'s description by `python3 clients/generate`: change that, not this."""\n\nfrom __future__ import annotations\n\n'
PLAIN = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool",
    "any": "object", "object": "dict[str, object]", "bytes": "bytes",
}  # fmt: skip


def files(api: Api) -> dict[str, str]:
    """The files by their names."""
    return {
        "__init__.py": '"""What the client knows of the API, generated."""\n',
        "schemas.py": schemas_text(api),
        "operations.py": operations_text(api, waits=False),
        "async_operations.py": operations_text(api, waits=True),
    }


def snake(name: str) -> str:
    """A name of a parameter; a word of the language gets an underscore."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", name).lower()
    return word + "_" if keyword.iskeyword(word) else word


def type_text(found: Type, prefix: str = "") -> str:
    """A type as it is written."""
    match found.kind:
        case "ref":
            text = prefix + found.name + (" | str" if found.is_open else "")
        case "list":
            text = f"list[{type_text(found.members[0], prefix)}]"
        case "enum":
            text = f"Literal[{', '.join(repr(word) for word in found.words)}]" + (" | str" if found.is_open else "")
        case "union":
            text = " | ".join(type_text(one, prefix) for one in found.members)
        case _:
            text = PLAIN[found.kind]
    return f"{text} | None" if found.is_nullable else text


def doc(indent: str, *parts: str) -> str:
    """A docstring, or nothing."""
    text = "\n\n".join(part.strip() for part in parts if part.strip()).replace("\\", "\\\\").replace('"""', "'''")
    if not text:
        return ""
    lines = text.splitlines()
    if len(lines) == 1 and not text.endswith('"'):
        return f'{indent}"""{text}"""\n'
    return f'{indent}"""' + "\n".join((indent + line).rstrip() for line in lines).strip() + f'\n{indent}"""\n'


def schemas_text(api: Api) -> str:
    """The typed dictionaries."""
    aliases = "".join(alias_text(schema) for schema in api.schemas if schema.alias)
    objects = "".join(schema_text(schema) for schema in api.schemas if not schema.alias)
    return HEAD + "from typing import Literal, NotRequired, TypeAlias, TypedDict\n" + aliases + objects


def alias_text(schema: Schema) -> str:
    """Another name of a type; in quotes where what it names may stand below."""
    assert schema.alias is not None
    text = type_text(schema.alias)
    return f"\n{schema.name}: TypeAlias = " + (text if schema.alias.kind == "enum" else f'"{text}"') + "\n" + doc("", schema.doc)


def member_type(field: Field) -> str:
    """A member's type, which may be absent."""
    text = type_text(field.type)
    return text if field.required else f"NotRequired[{text}]"


def schema_text(schema: Schema) -> str:
    """A class; where a member's name is a word of the language, the other way to write one."""
    if any(keyword.iskeyword(field.name) for field in schema.fields):
        members = ", ".join(f'"{field.name}": "{member_type(field)}"' for field in schema.fields)
        return f'\n\n{schema.name} = TypedDict("{schema.name}", {{{members}}})\n' + doc("", schema.doc)
    text = f"\n\nclass {schema.name}({', '.join(schema.bases) or 'TypedDict'}):\n" + doc("    ", schema.doc or schema.name)
    for field in schema.fields:
        text += f"\n    {field.name}: {member_type(field)}\n" + doc("    ", field.doc)
    return text


def operations_text(api: Api, waits: bool) -> str:
    """The classes and what holds them together."""
    prefix = "Async" if waits else ""
    iterator, manager = f"{prefix}Iterator", f"Abstract{prefix}ContextManager"
    text = HEAD + (
        f"from collections.abc import {iterator}, Sequence\nfrom contextlib import {manager}\nfrom typing import Literal, cast\n\n"
        "import httpx\n\nfrom ..calls import Call, segment\nfrom ..events import ServerEvent\n"
        f"from ..pages import {'each_async' if waits else 'each'}\n"
        f"from ..{'async_transport' if waits else 'transport'} import {prefix}Transport\nfrom . import schemas\n"
    )
    tags = api.tags()
    for tag, operations in tags.items():
        text += f"\n\nclass {prefix}{tag.capitalize()}:\n" + doc("    ", f"What the API says under `{tag}`.")
        text += f"\n    def __init__(self, transport: {prefix}Transport) -> None:\n        self._transport = transport\n"
        text += "".join(method_text(operation, waits) for operation in operations)
    sets = "".join(f"        self.{tag} = {prefix}{tag.capitalize()}(transport)\n" for tag in tags)
    return text + (
        f'\n\nclass {prefix}Operations:\n    """Every operation, by what it is about."""\n\n'
        f"    def __init__(self, transport: {prefix}Transport) -> None:\n{sets}"
    )


def method_text(operation: Operation, waits: bool) -> str:
    """One method, and those beside it: every item of a list, the same as CSV, a file."""
    query = [field for field in operation.query if not (operation.answer and operation.files and field.name == "format")]
    name = snake(operation.verb)
    iterator, manager = ("AsyncIterator", "AbstractAsyncContextManager") if waits else ("Iterator", "AbstractContextManager")
    if operation.is_stream:
        return a_method(operation, name, query, f"{iterator}[ServerEvent]", "events", "", False)
    if operation.answer is None:
        return a_method(operation, name, query, f"{manager}[httpx.Response]", "file", "", False)
    text = a_method(operation, name, query, type_text(operation.answer, "schemas."), "json", "application/json", waits)
    if operation.page:
        text += each_method(operation, name, query, waits)
    for media_type in operation.files:
        suffix = media_type.rsplit("/", 1)[1]
        text += a_method(operation, f"{name}_{suffix}", query, f"{manager}[httpx.Response]", "file", media_type, False)
    return text


def options_of(operation: Operation) -> dict[str, str]:
    """What every such method takes by name, and its type."""
    named = {
        "Idempotency-Key": ("idempotency_key", "str | None"),
        "If-Match": ("if_version", "int | None"),
        "Read-After": ("read_after", "int | None"),
        "Last-Event-ID": ("last_event_id", "int | None"),
    }
    return {name: kind for header, (name, kind) in named.items() if header in operation.headers}


def arguments_of(operation: Operation, query: list[Field]) -> str:
    """What a method takes: the path's parts, the body; by name the query and options."""
    taken = ["self"] + [f"{snake(field.name)}: {type_text(field.type, 'schemas.')}" for field in operation.path_parameters]
    if operation.body:
        taken.append(f"body: schemas.{operation.body}" + ("" if operation.body_required else " | None = None"))
    if operation.sends:
        types = ", ".join(f'"{media_type}"' for media_type in operation.sends)
        taken += ["file: bytes", f"media_type: Literal[{types}]"]
    named = []
    for field in sorted(query, key=lambda field: not field.required):
        kind = type_text(field.type, "schemas.").replace("list[", "Sequence[")
        named.append(f"{snake(field.name)}: {kind}" if field.required else f"{snake(field.name)}: {kind} | None = None")
    named += [f"{name}: {kind} = None" for name, kind in options_of(operation).items()]
    return ", ".join([*taken, *(["*", *named] if named else [])])


def a_method(operation: Operation, name: str, query: list[Field], answers: str, call: str, accept: str, waits: bool) -> str:
    """A method that sends one request."""
    path = re.sub(r"\{([^}]+)\}", lambda found: "{segment(" + snake(found[1]) + ")}", operation.path)
    parts = [f'"{operation.id}"', f'"{operation.method}"', f'f"{path}"' if "{" in path else f'"{path}"']
    parts += [f"secured={operation.secured}", f"repeatable={operation.repeatable}"]
    parts += ["keyed=True"] if "Idempotency-Key" in operation.headers else []
    parts += [f'session="{operation.session}"'] if operation.session is not None else []
    parts += ([] if not operation.body else ["body=body"] if operation.body_required else ["body=body or {}"])
    parts += ["file=file", "media_type=media_type"] if operation.sends else []
    if query:
        parts.append("query={" + ", ".join(f'"{field.name}": {snake(field.name)}' for field in query) + "}")
    parts += [f'accept="{accept}"'] if accept else []
    parts += [f"{option}={option}" for option in options_of(operation)]
    problems = ", ".join(f"`{code}`" for code in operation.codes)
    words = doc("        ", operation.summary + ".", operation.doc, f"Problems: {problems}." if problems else "")
    sent = f"self._transport.{call}(call)"
    sent = f'cast("{answers}", {"await " if waits else ""}{sent})' if call == "json" else sent
    return (
        f"\n    {'async ' if waits else ''}def {name}({arguments_of(operation, query)}) -> {answers}:\n{words}"
        f"        call = Call({', '.join(parts)})\n        return {sent}\n"
    )


def each_method(operation: Operation, name: str, query: list[Field], waits: bool) -> str:
    """Every item of a list, page by page."""
    assert operation.page is not None
    item, cursor = operation.page
    narrowed = [field for field in query if field.name != cursor]
    given = [snake(field.name) for field in operation.path_parameters]
    given += [f"{word}={word}" for word in [*map(snake, (field.name for field in narrowed)), *options_of(operation)]]
    cursor_type = next(field.type for field in query if field.name == cursor)
    value = "cursor" if cursor_type.kind == "string" else "None if cursor is None else int(cursor)"
    words = doc("        ", f"{operation.summary}: every item, page by page, as they are asked for.")
    iterator = f"{'AsyncIterator' if waits else 'Iterator'}[{type_text(item, 'schemas.')}]"
    return (
        f"\n    def {name}_each({arguments_of(operation, narrowed)}) -> {iterator}:\n{words}"
        f"        return {'each_async' if waits else 'each'}(lambda cursor: self.{name}({', '.join([*given, f'{snake(cursor)}={value}'])}))\n"
    )
