"""Fit a variant to its pages: measure its entries with TeX, and choose those to print."""
