"""Blobs are read by as many threads as there are hosts."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from winipsec.formats import ipsec_data

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ipsec-data.json").read_text(encoding="utf-8"))


@pytest.fixture
def switching():
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def read(entry):
    """What one entry reads as, or how it is refused."""
    try:
        return repr(ipsec_data.decode(entry["object_class"], bytes.fromhex(entry["hex"])))
    except ipsec_data.BlobError as error:
        return str(error)


@pytest.mark.usefixtures("switching")
def test_threads_do_not_disturb_each_other():
    """Several threads that read at once read what one thread reads."""
    alone = [read(entry) for entry in VECTORS]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: [read(entry) for entry in VECTORS], range(40)))
    assert all(found == alone for found in together)
