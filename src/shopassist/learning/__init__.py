"""Fitting what the language package weighs: labelled messages in, a head out. Needs the extra `train`."""
