"""The `winipsec` command: for people at a terminal. It reads hosts and files, and never writes to a host."""
