"""The command line and the supervisor that starts every part on one machine.

Only wiring and presentation: the work is done by the packages it imports.
"""
