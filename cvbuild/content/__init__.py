"""Turn YAML trees and BibTeX entries into checked records."""
