"""`python -m winipsec.plugin`, and the console script `pulumi-resource-winipsec`."""

from __future__ import annotations

from winipsec.plugin.boot import main

if __name__ == "__main__":
    main()
