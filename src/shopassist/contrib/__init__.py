"""Parts for frameworks; each needs its extra."""
