"""Where conversations are kept: `memory` for tests and trials, `sql` for shops."""
