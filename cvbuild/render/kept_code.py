"""The code that templates were compiled to, from the cache.

It is run as it stands, so all that it depends on is in its key: the template's text, the file
that its lines name, and the state of what compiles it, Jinja and `cvbuild.render`. That nobody
else can have written it is `cvbuild.cache`'s to hold. A template is looked for among the
folders of the call before its code is: those of an untrusted project are not among them.

A shipped template's code lies beside the code of the modules that ship with it, where Python
may write that: it is the same for every project and every user, and whoever can change the
one can change the other.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
from contextlib import suppress
from functools import cache as once
from hashlib import sha256
from pathlib import Path
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

from cvbuild import cache

KIND = "templates"


class KeptCode(BytecodeCache):
    """Jinja's cache of compiled templates, kept with what else cvbuild keeps.

    `shipped` is the folder of the templates that came with the package.
    """

    def __init__(self, shipped: Path) -> None:
        self.shipped = shipped

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The file: any name that a system has, where Jinja's own takes those in UTF-8."""
        return f"{name}\0{filename}"

    def get_source_checksum(self, source: str) -> str:
        """What tells a text from others."""
        return sha256(source.encode("utf-8", "surrogatepass")).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with the code of its template, where that was kept."""
        key = _key(bucket)
        if key is None:
            return
        data = None
        beside = self.beside_modules(bucket)
        if beside is not None:
            with suppress(OSError):
                data = cache.unsealed(KIND, key, beside.read_bytes())
        data = data or cache.read(KIND, key)
        if data is not None:
            with suppress(EOFError, TypeError, ValueError):
                code = marshal.loads(data)
                bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a bucket's template."""
        key = _key(bucket)
        if key is None:
            return
        data = marshal.dumps(bucket.code)
        beside = self.beside_modules(bucket)
        if beside is None or sys.dont_write_bytecode or not _written(beside, cache.sealed(KIND, key, data)):
            cache.write(KIND, key, data)

    def beside_modules(self, bucket: Bucket) -> Path | None:
        """The file for a shipped template's code, as Python names that of a module; None for any other's."""
        path = Path(bucket.key.partition("\0")[2])
        if sys.implementation.cache_tag is None or not path.is_relative_to(self.shipped):
            return None
        name = ".".join(path.relative_to(self.shipped).parts)
        named = importlib.util.cache_from_source(str(Path(__file__).with_name(name)))
        return Path(named).with_suffix(".template")


def _written(path: Path, content: bytes) -> bool:
    """Whether a file could be written, in one step."""
    new = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        return False
    return True


def _key(bucket: Bucket) -> str | None:
    made_by = _made_by()
    return None if made_by is None else "\0".join((made_by, bucket.key, bucket.checksum))


@once
def _made_by() -> str | None:
    return cache.made_by(("render",), ("jinja2", "markupsafe"))
