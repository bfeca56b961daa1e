"""A funder's rules, measured on a compiled PDF and on what it prints."""
