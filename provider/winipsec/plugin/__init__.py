"""Front end 1: the provider as a plugin process that the Pulumi engine drives over gRPC."""
