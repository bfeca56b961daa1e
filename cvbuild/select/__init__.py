"""Select what a variant prints of the CV, and record why it leaves out the rest."""
