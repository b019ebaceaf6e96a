"""EfficientAT's mn04, a small network taught to name all kinds of sounds."""
