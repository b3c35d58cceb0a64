"""The TypeScript that the client's runtime stands on: types, and a class of methods for each tag."""

from __future__ import annotations

import re

from description import Api, Field, Operation, Schema, Type

HEAD = "// Generated from the API's description by `python3 clients/generate`: change that, not this.\n"
PLAIN = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean",
    "any": "unknown", "object": "Record<string, unknown>", "bytes": "Uint8Array",
}  # fmt: skip


def files(api: Api) -> dict[str, str]:
    """The files by their names."""
    return {
        "schemas.ts": HEAD + "".join(schema_text(schema) for schema in api.schemas),
        "operations.ts": operations_text(api),
        "codes.ts": codes_text(api),
    }


def camel(name: str) -> str:
    """`accept_change`, `Last-Event-ID`: `acceptChange`, `lastEventId`."""
    first, *rest = re.split(r"[^A-Za-z0-9]+", name)
    return first.lower() + "".join(part[:1].upper() + part[1:].lower() for part in rest)


def member(name: str) -> str:
    """A name as a key of an object."""
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else f"'{name}'"


def comment(indent: str, *parts: str) -> str:
    """A doc comment, or nothing."""
    lines = "\n\n".join(part.strip() for part in parts if part.strip()).replace("*/", "*\\/").splitlines()
    if not lines:
        return ""
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"


def type_text(found: Type, prefix: str = "") -> str:
    """A type as it is written."""
    match found.kind:
        case "ref":
            text = prefix + found.name + (" | (string & {})" if found.is_open else "")
        case "list":
            text = f"Array<{type_text(found.members[0], prefix)}>"
        case "enum":
            text = " | ".join(f"'{word}'" for word in found.words) + (" | (string & {})" if found.is_open else "")
        case "union":
            text = " | ".join(type_text(one, prefix) for one in found.members)
        case _:
            text = PLAIN[found.kind]
    return f"{text} | null" if found.is_nullable else text


def schema_text(schema: Schema) -> str:
    """An interface, or another name of a type."""
    if schema.alias:
        return "\n" + comment("", schema.doc) + f"export type {schema.name} = {type_text(schema.alias)};\n"
    extends = f" extends {', '.join(schema.bases)}" if schema.bases else ""
    text = "\n" + comment("", schema.doc) + f"export interface {schema.name}{extends} {{\n"
    for field in schema.fields:
        text += comment("  ", field.doc) + f"  {member(field.name)}{'' if field.required else '?'}: {type_text(field.type)};\n"
    return text + "}\n"


def codes_text(api: Api) -> str:
    """Which problems an operation answers."""
    rows = "".join(
        f"  {operation.id}: {' | '.join(repr(code) for code in operation.codes) or 'never'};\n" for operation in api.operations
    )
    return f"{HEAD}\n/** The codes of the problems that each operation answers; later versions of the API may know more. */\nexport interface ProblemCodes {{\n{rows}}}\n"


def operations_text(api: Api) -> str:
    """The classes and what holds them together."""
    tags = api.tags()
    text = HEAD + (
        "import type { ServerEvent } from '../events.js';\n"
        "import type { CallOptions, CommandOptions, EventOptions, FileOptions, KeyedOptions, ReadOptions } from '../options.js';\n"
        "import { each } from '../pages.js';\n"
        "import { segment, type Transport } from '../transport.js';\n"
        "import type * as schemas from './schemas.js';\n"
    )
    for tag, operations in tags.items():
        text += f"\nexport class {camel(tag).capitalize()} {{\n  readonly #transport: Transport;\n\n"
        text += "  constructor(transport: Transport) {\n    this.#transport = transport;\n  }\n"
        text += "".join(method_text(operation) for operation in operations) + "}\n"
    members = "".join(f"  readonly {camel(tag)}: {camel(tag).capitalize()};\n" for tag in tags)
    sets = "".join(f"    this.{camel(tag)} = new {camel(tag).capitalize()}(transport);\n" for tag in tags)
    return text + (
        f"\n/** Every operation, by what it is about. */\nexport class Operations {{\n{members}\n"
        f"  constructor(transport: Transport) {{\n{sets}  }}\n}}\n"
    )


def options_of(operation: Operation) -> str:
    """The options that a method takes last."""
    if operation.is_stream:
        return "EventOptions"
    if "If-Match" in operation.headers:
        return "CommandOptions"
    if "Idempotency-Key" in operation.headers:
        return "KeyedOptions"
    return "ReadOptions" if "Read-After" in operation.headers else "CallOptions"


def query_type(query: list[Field]) -> str:
    """The parameters of a query as one object."""
    fields = "; ".join(f"{member(field.name)}{'' if field.required else '?'}: {type_text(field.type, 'schemas.')}" for field in query)
    return f"{{ {fields} }}"


def method_text(operation: Operation) -> str:
    """One method, and those beside it: every item of a list, the same as CSV, a file."""
    query = [field for field in operation.query if not (operation.answer and operation.files and field.name == "format")]
    name = camel(operation.verb)
    if operation.is_stream:
        return a_method(operation, name, query, "AsyncGenerator<ServerEvent>", "events", "")
    if operation.answer is None:
        return a_method(operation, name, query, "Promise<Response>", "file", f"accept: '{'/'.join(['*', '*'])}'")
    shown = type_text(operation.answer, "schemas.")
    text = a_method(operation, name, query, f"Promise<{shown}>", "json", "")
    if operation.page:
        text += each_method(operation, name, query)
    for media_type in operation.files:
        suffix = media_type.rsplit("/", 1)[1].capitalize()
        text += a_method(operation, name + suffix, query, "Promise<Response>", "file", f"accept: '{media_type}'")
    return text


def arguments_of(operation: Operation, query: list[Field], options: str) -> list[str]:
    """What a method takes: the path's parts, the body, the query, options."""
    taken = [f"{camel(field.name)}: {type_text(field.type, 'schemas.')}" for field in operation.path_parameters]
    if operation.body:
        taken.append(f"body: schemas.{operation.body}" + ("" if operation.body_required else " = {}"))
    if operation.sends:
        types = " | ".join(f"'{media_type}'" for media_type in operation.sends)
        taken += ["file: Blob | Uint8Array<ArrayBuffer>", f"mediaType: {types}"]
    if query:
        taken.append(f"query: {query_type(query)}" + ("" if any(field.required for field in query) else " = {}"))
    return [*taken, f"options: {options} = {{}}"]


def a_method(operation: Operation, name: str, query: list[Field], answers: str, call: str, more: str) -> str:
    """A method that sends one request."""
    path = re.sub(r"\{([^}]+)\}", lambda found: "${segment(" + camel(found[1]) + ")}", operation.path)
    parts = [f"id: '{operation.id}'", f"method: '{operation.method}'", f"path: `{path}`"]
    parts += [f"secured: {str(operation.secured).lower()}", f"repeatable: {str(operation.repeatable).lower()}"]
    parts += ["keyed: true"] if "Idempotency-Key" in operation.headers else []
    parts += [f"session: '{operation.session}'"] if operation.session is not None else []
    parts += ["body"] if operation.body else []
    parts += ["file", "mediaType"] if operation.sends else []
    parts += ["query"] if query else []
    parts += [more] if more else []
    options = "FileOptions" if call == "file" else options_of(operation)
    problems = ", ".join(f"`{code}`" for code in operation.codes)
    return (
        "\n" + comment("  ", operation.summary, operation.doc, f"Problems: {problems}." if problems else "")
        + f"  {name}({', '.join(arguments_of(operation, query, options))}): {answers} {{\n"
        + f"    return this.#transport.{call}({{ {', '.join(parts)} }}, options);\n  }}\n"
    )  # fmt: skip


def each_method(operation: Operation, name: str, query: list[Field]) -> str:
    """Every item of a list, page by page."""
    assert operation.page is not None
    item, cursor = operation.page
    narrowed = [field for field in query if field.name != cursor]
    given = ["".join(camel(field.name) + ", " for field in operation.path_parameters)]
    cursor_type = next(field.type for field in query if field.name == cursor)
    value = "next" if cursor_type.kind == "string" else "Number(next)"
    return (
        "\n" + comment("  ", f"{operation.summary}: every item, page by page, as they are asked for.")
        + f"  {name}Each({', '.join(arguments_of(operation, narrowed, options_of(operation)))})"
        + f": AsyncGenerator<{type_text(item, 'schemas.')}> {{\n"
        + f"    return each((next) => this.{name}({given[0]}{{ ...query, ...(next === undefined ? {{}} : {{ {cursor}: {value} }}) }}, options));\n  }}\n"
    )  # fmt: skip
