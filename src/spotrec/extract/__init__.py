"""Audio → embeddings: decode, mel-spectrogram, network, store."""
