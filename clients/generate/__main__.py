"""Writes what the clients know of the API from its description: `python3 clients/generate [description]`."""

import pathlib
import sys

import description
import emit_python
import emit_typescript

CLIENTS = pathlib.Path(__file__).resolve().parents[1]
DESCRIPTION = CLIENTS.parent / "api" / "openapi.json"


def main(arguments: list[str]) -> None:
    source = pathlib.Path(arguments[0]) if arguments else DESCRIPTION
    api = description.read(source)
    for folder, files in (
        (CLIENTS / "typescript" / "src" / "generated", emit_typescript.files(api)),
        (CLIENTS / "python" / "src" / "tot_client" / "generated", emit_python.files(api)),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    print(f"{len(api.operations)} operations and {len(api.schemas)} schemas of {source.name} are written for TypeScript and Python")


main(sys.argv[1:])
