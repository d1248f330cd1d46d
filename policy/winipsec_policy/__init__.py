"""The rules of `winipsec lint` as a Pulumi policy pack: the same rules, asked before anything is made."""
