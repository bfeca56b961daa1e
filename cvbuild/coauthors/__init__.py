"""Who published with the owner of late, as funders and panels ask for it."""
