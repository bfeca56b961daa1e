"""Render a selected CV to TeX, with a map back to the user's files."""
