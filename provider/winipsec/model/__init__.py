"""Values: addresses, filters, filter actions, rules, policies and the store that holds them.

Nothing here knows a file, a socket, a clock or Pulumi. Values are frozen; operations return new ones.
"""
