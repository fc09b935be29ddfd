"""The command line, and the supervisor that starts all parts of Midround on one machine.

Wiring and presentation only: the packages that it imports do the work.
"""
