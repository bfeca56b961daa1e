"""From bytes to trees of values that know where they stand."""
