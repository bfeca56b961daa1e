"""Fitting a variant to its pages: what there is to choose from, how high it is, and what is kept."""
