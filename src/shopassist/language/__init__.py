"""What a customer means, found by rules and word lists, without a model."""
