"""The Task Scheduler of a simulated host (spec: winrm 5.3).

A task is a definition (`definition`), which `document` reads from XML and `writing` writes as XML again. `scheduler`
keeps the tasks of a machine, knows when each is due on the machine's clock, and starts it; `instance` is one run: the
task's programs, as SYSTEM, with no client anywhere.
"""
