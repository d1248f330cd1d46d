"""The simulated Windows machine: registry, files, services, clock, languages."""
