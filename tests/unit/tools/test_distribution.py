"""The plugin archive: what is in it, and that two builds are equal."""

from __future__ import annotations

import tarfile
import zipfile

import pytest
from distribution import Member, plugin_members, write_archive


@pytest.fixture
def wheel(tmp_path):
    """A provider wheel in small."""
    path = tmp_path / "winipsec_provider-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("winipsec/__init__.py", "")
        content.writestr("winipsec/schema.json", "{}")
        content.writestr(
            "winipsec_provider-9.9.9.dist-info/METADATA",
            "Metadata-Version: 2.4\nName: winipsec-provider\nVersion: 9.9.9\nRequires-Dist: grpcio<2,>=1.66\n"
            "Requires-Dist: pywinrm[kerberos]>=0.5; extra == 'kerberos'\n\nText\n",
        )
    return path


def test_archive_holds_package_schema_start_and_requirements(wheel):
    """What the engine starts, what it starts it with, and what Pulumi installs for it; extras stay out."""
    version, members = plugin_members(wheel)
    by_name = {member.name: member for member in members}
    assert version == "9.9.9"
    assert by_name["requirements.txt"].content == b"grpcio<2,>=1.66\n"
    assert {"winipsec/__init__.py", "winipsec/schema.json", "PulumiPlugin.yaml", "LICENSE"} < set(by_name)
    assert by_name["pulumi-resource-winipsec"].content.startswith(b"#!/bin/sh\n")
    assert [name for name, member in by_name.items() if member.executable] == [
        "pulumi-resource-winipsec",
        "pulumi-resource-winipsec.cmd",
    ]
    assert not [name for name in by_name if "dist-info" in name]


def test_archives_depend_on_their_content_alone(tmp_path):
    """The same members give the same bytes, with the executable bit and without an owner or a time."""
    members = [Member("start", b"#!/bin/sh\n", executable=True), Member("winipsec/__init__.py", b"")]
    first, second = tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"
    write_archive(first, members)
    write_archive(second, members)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        assert [(entry.name, entry.mode, entry.uid, entry.mtime) for entry in archive] == [
            ("start", 0o755, 0, 0),
            ("winipsec/__init__.py", 0o644, 0, 0),
        ]
