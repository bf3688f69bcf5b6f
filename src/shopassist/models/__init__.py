"""Language models: their weights, and the adapters that the engine asks for a sentence."""
