"""Windows IPsec policies as Pulumi resources."""
