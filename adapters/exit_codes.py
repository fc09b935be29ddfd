"""The exit codes of Midround's processes, both commands and parts.

Belongs here: the numbers. Does not belong here: the messages printed with them.

The supervisor does not restart a part that ends with WRONG_USE, FOLDER_TAKEN or PORT_TAKEN.
"""

DONE = 0
CHECK_FAILED = 1
WRONG_USE = 2
"""A command's arguments, the settings or the champion cannot be used."""
FOLDER_TAKEN = 3
PORT_TAKEN = 4
NOT_STARTED = 5
"""A part was not ready in time."""
INTERRUPTED = 130
