"""Kinds of section that list items, one module each: it is imported where a CV has such a section."""
