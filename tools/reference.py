"""Prints the resource reference as Markdown, from ``provider/schema.json``: ``python tools/reference.py``.

The schema has every type, default and description; what belongs to no single property is said here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).resolve().parent.parent / "provider" / "schema.json"

HEAD = """# Resource reference

Made from the schema by `make reference`; do not edit. Names are those of YAML and TypeScript; in Python they are
`snake_case`. Values are taken in any spelling that Windows knows and shown in one: words in lower case, subnets as
`10.0.0.0/8`.

Every resource takes a `connection` where its host is not the provider's, and has an output `machine`, the MachineGuid of
the machine it was made on.
"""

IDS = {
    "FilterList": "the GUID of the list. Imports by GUID or name.",
    "Filter": "`LISTGUID/FILTERGUID`. Imports by `LIST/FILTERGUID`, the list by GUID or name.",
    "FilterAction": "the GUID of the action. Imports by GUID or name.",
    "Policy": "the GUID of the policy. Imports by GUID or name.",
    "Rule": "the GUID of the rule. Imports by GUID, by `POLICY/RULE`, or by a name that only one rule of the host has.",
    "PolicyAssignment": "`active`. Imports by that word.",
    "HostPolicy": "the GUID of the policy. Imports any existing policy by GUID or name, its rules written out.",
}


def main() -> None:
    """Prints the whole page."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(page(schema)) + "\n")


def page(schema: dict[str, Any]) -> Iterator[str]:
    """The lines of the page."""
    yield HEAD
    yield "## Provider configuration\n"
    yield "Each key is also read from an environment variable; set secrets with `pulumi config set --secret`.\n"
    yield "| key | type | | variable |\n| --- | --- | --- | --- |"
    for name, item in schema["provider"]["inputProperties"].items():
        variables = ", ".join(f"`{variable}`" for variable in item["defaultInfo"]["environment"])
        yield f"| `winipsec:{name}` | {kind(item)} | {item['description']} | {variables} |"
    for token, resource in schema["resources"].items():
        name = token.rpartition(":")[2]
        yield f"\n## {name}\n\n{resource['description']}\n\nId: {IDS[name]}\n"
        yield from table(resource["inputProperties"], resource.get("requiredInputs", []))
        further = {key: item for key, item in resource["properties"].items() if key not in resource["inputProperties"]}
        yield "\nOutputs besides: " + " ".join(f"`{key}`: {item['description']}" for key, item in further.items())
    for token, function in schema["functions"].items():
        yield f"\n## {token.rpartition(':')[2]}\n\nFunction. {function['description']}\n\nArguments:\n"
        yield from table(function["inputs"]["properties"], function["inputs"].get("required", []))
        yield "\nResult:\n"
        yield from table(function["outputs"]["properties"], [])
    for token, item in schema["types"].items():
        yield f"\n## Type {token.rpartition(':')[2]}\n\n{item['description']}\n"
        yield from table(item["properties"], item.get("required", []))


def table(properties: dict[str, Any], required: list[str]) -> Iterator[str]:
    """One row per property."""
    yield "| property | type | default | |\n| --- | --- | --- | --- |"
    for name, item in properties.items():
        default = f"`{json.dumps(item['default'])}`" if "default" in item else "required" if name in required else ""
        notes = [item["description"]]
        if item.get("secret"):
            notes.append("Secret.")
        if item.get("willReplaceOnChanges"):
            notes.append("A change replaces the resource.")
        yield f"| `{name}` | {kind(item)} | {default} | {' '.join(notes)} |"


def kind(item: dict[str, Any]) -> str:
    """The type of a property in words."""
    if "oneOf" in item:
        return " or ".join(kind(part) for part in item["oneOf"])
    if "$ref" in item:
        name = item["$ref"].rpartition(":")[2]
        return f"[{name}](#type-{name.lower()})"
    if item["type"] == "array":
        return f"list of {kind(item['items'])}"
    return str(item["type"])


if __name__ == "__main__":
    main()
