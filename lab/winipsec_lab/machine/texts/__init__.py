"""Texts of the simulated programs in every language of the lab, one table per family of programs."""
