"""`certutil.exe`: `-decode`, `-encode`, `-hashfile` (spec: winrm 4.6, 5.3). The exit code is an HRESULT."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process

_NAMES = {2: "ERROR_FILE_NOT_FOUND", 3: "ERROR_PATH_NOT_FOUND", 5: "ERROR_ACCESS_DENIED"}
_ALGORITHMS = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")
_FRAME = re.compile(rb"-----BEGIN [^-]*-----\s*(.*?)-----END [^-]*-----", re.DOTALL)


def run(process: Process) -> int:
    """Carry out one verb; messages go to standard output."""
    words = [word for word in process.argv[1:] if word.lower() not in ("-f", "/f")]
    force = len(words) != len(process.argv) - 1
    verb = words[0].lower().lstrip("-/") if words else ""
    if process.machine.guesses["certutil.coding"] == "blocked" and verb in ("decode", "encode"):
        process.err(process.machine.text("win32.5") + "\n")
        return 5
    try:
        if verb in ("decode", "encode") and len(words) == 3:
            return _convert(process, verb, words[1], words[2], force=force)
        if verb == "hashfile" and len(words) in (2, 3):
            return _hash(process, words[1], words[2] if len(words) == 3 else "SHA1")
    except FileError as error:
        name = _NAMES.get(error.code, "ERROR_INVALID_NAME")
        return _failed(process, verb, 0x80070000 + error.code, f"(WIN32: {error.code} {name})", f"win32.{error.code}")
    return _failed(process, verb or "?", 0x80070057, "(WIN32: 87 ERROR_INVALID_PARAMETER)", "win32.87")


def _failed(process: Process, verb: str, code: int, name: str, key: str) -> int:
    process.say("certutil.failed", verb, f"0x{code:x} {name}")
    process.out(f"CertUtil: {process.machine.text(key)}\n")
    return code - (1 << 32)


def _convert(process: Process, verb: str, source: str, target: str, *, force: bool) -> int:
    files = process.machine.files
    data = files.read(files.absolute(source, process.directory))
    try:
        out = _decoded(data) if verb == "decode" else _encoded(data)
    except binascii.Error:
        return _failed(process, verb, 0x8007000D, "(WIN32: 13 ERROR_INVALID_DATA)", "win32.13")
    path = files.absolute(target, process.directory)
    if files.exists(path) and not force:
        process.say("certutil.exists")
        return _failed(process, verb, 0x80070050, "(WIN32: 80 ERROR_FILE_EXISTS)", "win32.80")
    files.write(path, out)
    process.say("certutil.lengths", len(data), len(out))
    process.say("certutil.success", verb)
    return 0


def _decoded(data: bytes) -> bytes:
    framed = _FRAME.search(data)
    text = b"".join((framed.group(1) if framed else data).split())
    if not text:
        raise binascii.Error("nothing to decode")
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)


def _encoded(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[start : start + 64] + b"\r\n" for start in range(0, len(text), 64)]
    return b"-----BEGIN CERTIFICATE-----\r\n" + b"".join(lines) + b"-----END CERTIFICATE-----\r\n"


def _hash(process: Process, name: str, algorithm: str) -> int:
    if algorithm.upper() not in _ALGORITHMS:
        return _failed(process, "hashfile", 0x80090008, "(-2146893816 NTE_BAD_ALGID)", "win32.87")
    files = process.machine.files
    data = files.read(files.absolute(name, process.directory))
    if not data:
        return _failed(process, "hashfile", 0x800703EE, "(WIN32: 1006 ERROR_FILE_INVALID)", "win32.13")
    digest = hashlib.new(algorithm.lower(), data).hexdigest()
    process.say("certutil.hash", algorithm.upper(), name, digest)
    process.say("certutil.success", "hashfile")
    return 0
