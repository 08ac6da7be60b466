"""Measurements of the relay: ratios against a baseline of the same run, medians of several."""
