"""Scoring question sets against an index."""
