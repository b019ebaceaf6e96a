"""Keunwoo Choi's compact CNN."""
