"""Whole dialogues and single utterances held against what must come of them: `shopassist eval`."""
