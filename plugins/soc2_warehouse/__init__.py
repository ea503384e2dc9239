"""The SOC 2 compliance warehouse: fetch, land, judge, keep, publish."""

__version__ = "0.1.0"
