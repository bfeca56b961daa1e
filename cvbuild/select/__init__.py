"""The choice of what a variant prints of the CV, and why not the rest."""
