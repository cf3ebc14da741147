"""Rows, over both databases."""
