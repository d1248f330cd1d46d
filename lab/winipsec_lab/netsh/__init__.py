"""The `netsh` program of a simulated host, as far as IPsec policies reach."""
