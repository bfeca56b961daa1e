"""What is added, removed and changed between two variants, or between a git revision and now."""

from cvbuild.changes.compare import Changes, compare
from cvbuild.changes.revision import at_revision
from cvbuild.changes.subjects import of_cv, of_variant, with_settings

__all__ = ["Changes", "at_revision", "compare", "of_cv", "of_variant", "with_settings"]
