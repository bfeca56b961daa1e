"""Awards and honours."""

from typing import Literal

from cvbuild.model.items import Award
from cvbuild.model.sections import ItemSection


class Awards(ItemSection[Award]):
    """Awards and honours."""

    kind: Literal["awards"]
