"""What is sound and yet looks wrong: rules that `check --lint` adds to the checks of every build."""
