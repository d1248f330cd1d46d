"""One rule per file; each has one value `RULE`."""
