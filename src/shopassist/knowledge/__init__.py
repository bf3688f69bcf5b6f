"""Pages become passages, passages an index, and a question finds them again."""
