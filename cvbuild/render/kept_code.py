"""The code that templates were compiled to, from the cache.

It is run as it stands, so all that it depends on is in its key: the template's text, the file
that its lines name, and the state of what compiles it, Jinja and `cvbuild.render`. That nobody
else can have written it is `cvbuild.cache`'s to hold. A template is looked for among the
folders of the call before its code is: those of an untrusted project are not among them.

A shipped template's code lies beside that of the modules (`shippedcache`).
"""

from __future__ import annotations

import marshal
from contextlib import suppress
from functools import cache as once
from hashlib import sha256
from pathlib import Path
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

from cvbuild import cache, shippedcache


class KeptCode(BytecodeCache):
    """Jinja's cache of compiled templates, kept with what else cvbuild keeps.

    `shipped` is the folder of the templates that came with the package; `kind` tells the code of
    environments that compile otherwise.
    """

    def __init__(self, shipped: Path, kind: str = "template") -> None:
        self.shipped = shipped
        self.kind = kind

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
        data = shippedcache.read(self.kind, key, self._shipped_name(bucket))
        if data is not None:
            with suppress(EOFError, TypeError, ValueError):
                code = marshal.loads(data)
                bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a bucket's template."""
        key = _key(bucket)
        if key is not None:
            data = marshal.dumps(bucket.code)
            shippedcache.write(self.kind, key, self._shipped_name(bucket), data)

    def _shipped_name(self, bucket: Bucket) -> str:
        """A shipped template's path as one name; nothing for any other's."""
        path = Path(bucket.key.partition("\0")[2])
        return ".".join(path.relative_to(self.shipped).parts) if path.is_relative_to(self.shipped) else ""


def _key(bucket: Bucket) -> str | None:
    made_by = _made_by()
    return None if made_by is None else "\0".join((made_by, bucket.key, bucket.checksum))


@once
def _made_by() -> str | None:
    return cache.made_by(("render",), ("jinja2", "markupsafe"))
