"""The package schema, printed from the declarations: `python -m winipsec.resources.schema > provider/schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from winipsec._version import __version__
from winipsec.resources import resources
from winipsec.resources.configuration import CONFIGURATION, variable
from winipsec.resources.declaration import object_schema, property_schema
from winipsec.resources.inspection import FUNCTIONS
from winipsec.resources.store_resource import MACHINE, StoreResource
from winipsec.resources.traffic_records import FUNCTIONS as TRAFFIC_FUNCTIONS

_HOMEPAGE = "https://github.com/pulumi-winipsec/pulumi-winipsec"


def package_schema() -> dict[str, Any]:
    """The whole schema as the engine and the code generators read it (spec: pulumi-provider 5.1)."""
    types: dict[str, Any] = {}
    configuration = {
        name: {**property_schema(item, types), "defaultInfo": {"environment": [variable(name)]}}
        for name, item in CONFIGURATION.properties.items()
    }
    return {
        "name": "winipsec",
        "displayName": "Windows IPsec",
        "version": __version__,
        "description": "Windows IPsec policies as code: filter lists, filter actions, rules and policies of Windows "
        "hosts, over WinRM.",
        "keywords": ["pulumi", "winipsec", "ipsec", "windows", "winrm", "category/network", "kind/native"],
        "homepage": _HOMEPAGE,
        "license": "Apache-2.0",
        "repository": _HOMEPAGE,
        "publisher": "pulumi-winipsec",
        "pluginDownloadURL": "github://api.github.com/pulumi-winipsec/pulumi-winipsec",
        "config": {"variables": configuration},
        "provider": {
            "description": "How Windows hosts are reached unless a resource says otherwise.",
            "inputProperties": configuration,
        },
        "resources": {token: _resource(resource, types) for token, resource in resources().items()},
        "functions": {
            token: {
                "description": description,
                "inputs": {"type": "object", **object_schema(inputs, types)},
                "outputs": {"type": "object", **object_schema(outputs, types)},
            }
            for token, (description, inputs, outputs) in {**FUNCTIONS, **TRAFFIC_FUNCTIONS}.items()
        },
        "types": types,
        "language": {
            "python": {
                "packageName": "pulumi_winipsec",
                "requires": {"pulumi": ">=3.165.0,<4.0.0"},
                "pyproject": {"enabled": True},
                "respectSchemaVersion": True,
                "inputTypes": "classes-and-dicts",
                "readme": "Windows IPsec policies as Pulumi resources.",
            },
            "nodejs": {"packageName": "@pulumi-winipsec/winipsec", "respectSchemaVersion": True},
            "go": {
                "importBasePath": "github.com/pulumi-winipsec/pulumi-winipsec/sdk/go/winipsec",
                "respectSchemaVersion": True,
            },
            "csharp": {"rootNamespace": "PulumiWinipsec", "respectSchemaVersion": True},
            "java": {"basePackage": "io.github.pulumiwinipsec", "buildFiles": "gradle"},
        },
    }


def _resource(resource: StoreResource, types: dict[str, Any]) -> dict[str, Any]:
    inputs = object_schema(resource.record, types)
    further = {MACHINE: "MachineGuid of the machine it was made on.", **resource.outputs}
    filled = [
        name
        for name, item in resource.record.properties.items()
        if item.required or item.computed or item.default is not None
    ]
    named = [name for name in ("name",) if name in resource.record.properties]
    properties = {
        name: {**item} for name, item in object_schema(resource.record, types, computed=True)["properties"].items()
    }
    for item in properties.values():
        item.pop("default", None)
        item.pop("willReplaceOnChanges", None)
    return {
        "description": resource.description,
        "inputProperties": inputs["properties"],
        "requiredInputs": inputs.get("required", []),
        "properties": {
            **properties,
            **{name: {**_output(name in resource.listed), "description": text} for name, text in further.items()},
        },
        "required": [*dict.fromkeys([*named, *filled, *further])],
    }


def _output(listed: bool) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}} if listed else {"type": "string"}


if __name__ == "__main__":
    json.dump(package_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
