"""What a PDF of ours says."""

import re
import zlib
from base64 import a85decode

ESCAPED = re.compile(rb"\\(?:([0-7]{3})|(.))", re.S)


def shown(made: bytes) -> bytes:
    """What its pages write, in the bytes of each font's encoding."""
    streams = re.findall(rb"stream\r?\n([!-uz\s]+)~>\s*endstream", made)
    written = b"".join(zlib.decompress(a85decode(stream)) for stream in streams)
    strings = re.findall(rb"\(((?:[^\\()]|\\.)*)\) Tj", written, re.S)
    return ESCAPED.sub(lambda found: bytes([int(found[1], 8)]) if found[1] else found[2], b"".join(strings))
