"""Many mails and pages are made of Markdown at once, also the first ones of a process."""

import subprocess
import sys

import pytest

FILLED = """
import {module}
from mdurl._decode import decode_cache
from mdurl._encode import encode_cache

assert encode_cache and all(len(table) == 128 for table in encode_cache.values()), encode_cache
assert decode_cache and all(len(table) == 128 for table in decode_cache.values()), decode_cache
"""


@pytest.mark.parametrize("module", ["followthrough.markdown", "followthrough.mail.render"])
def test_the_tables_that_links_need_are_filled_before_a_thread_begins(module: str) -> None:
    subprocess.run([sys.executable, "-c", FILLED.format(module=module)], check=True)
