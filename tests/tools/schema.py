#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""schema.py SCHEMA JSON: checks the value in a file against the part of JSON Schema that the tools' schemas use, and rejects a
schema that uses any other."""
import json
import re
import sys

NOTES = {"$schema", "$defs", "title", "description"}
TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


class Wrong(Exception):
    """A value that the schema forbids, or a schema that is not understood."""


def check_object(value, members, schema, root, path):
    missing = [key for key in schema.get("required", []) if key not in value]
    if missing:
        raise Wrong(f"{path}: lacks {missing}")
    unknown = [key for key in value if key not in members]
    if unknown and schema.get("additionalProperties") is False:
        raise Wrong(f"{path}: has unknown {unknown}")
    for key, member in value.items():
        if key in members:
            check(member, members[key], root, f"{path}.{key}")


def check(value, schema, root, path="$"):
    for keyword, wanted in schema.items():
        right = True
        if keyword == "$ref":
            check(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, path)
        elif keyword == "type":
            right = any(TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))
        elif keyword == "enum":
            right = value in wanted
        elif keyword == "minimum":
            right = value is None or value >= wanted
        elif keyword == "maximum":
            right = value is None or value <= wanted
        elif keyword == "pattern":
            right = value is None or re.search(wanted, value)
        elif keyword == "properties":
            if value is not None:
                check_object(value, wanted, schema, root, path)
        elif keyword == "items":
            for i, item in enumerate(value or []):
                check(item, wanted, root, f"{path}[{i}]")
        elif keyword not in NOTES | {"required", "additionalProperties"}:
            raise Wrong(f"{path}: the schema has {keyword}, which is not known here")
        if not right:
            raise Wrong(f"{path}: {keyword} {wanted}, not {json.dumps(value)}")


def no_twins(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Wrong(f"a key stands twice: {[key for key, _ in pairs]}")
    return dict(pairs)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    try:
        with open(sys.argv[2], encoding="utf-8") as file:
            check(json.load(file, object_pairs_hook=no_twins), schema, schema)
    except (Wrong, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
