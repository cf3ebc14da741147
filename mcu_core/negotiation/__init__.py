"""Capability sets and session descriptions: what two sides can agree on. Pure."""
