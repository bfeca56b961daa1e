"""What is added, removed and changed between two variants, or between a git revision and now."""
