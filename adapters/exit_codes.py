"""What processes of Midround end with, commands and parts alike.

Belongs here: the numbers. Does not belong here: what a process says beside them.

The supervisor starts no part again that ends with WRONG_USE, FOLDER_TAKEN or PORT_TAKEN.
"""

DONE = 0
CHECK_FAILED = 1
WRONG_USE = 2
"""Of a command, or settings, or a champion: what it was told cannot be used."""
FOLDER_TAKEN = 3
PORT_TAKEN = 4
NOT_STARTED = 5
"""A part was not ready in time."""
INTERRUPTED = 130
