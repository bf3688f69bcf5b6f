"""The kinds of files that are read."""

TEXTS = frozenset({".md", ".markdown", ".txt"})
PAGES = frozenset({".html", ".htm"})
TABLES = frozenset({".csv", ".xlsx", ".json", ".jsonl"})
PAPERS = frozenset({".pdf", ".docx"})
SUFFIXES = TEXTS | PAGES | TABLES | PAPERS

SOURCE_FILE = ".source.yaml"
"""The end of the name of a file that describes a source: a site, a query, a loader."""
