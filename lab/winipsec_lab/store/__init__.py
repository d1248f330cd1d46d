"""The policy store of a simulated host: five kinds of objects, their blobs, and their place in the registry."""
