"""The typed CV: sections, items and publications, checked and resolved."""
