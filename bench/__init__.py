"""How long a build takes, and how much memory: measured beside the bare engine and beside other programs."""
