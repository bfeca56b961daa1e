"""From YAML trees to records, by the annotations of the records' classes."""
