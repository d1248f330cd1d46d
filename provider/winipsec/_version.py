"""The version of the provider, its schema and its SDKs; the one place that says it."""

__version__ = "0.1.0"
