"""Evaluation of recommendations: retrieval metrics over labelled catalogues."""
