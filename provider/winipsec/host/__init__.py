"""One Windows host over WinRM: settings, transport, shells, the connection, quoting, batches and snapshots."""
