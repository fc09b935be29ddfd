"""One module a command: its options, its help, what it prints, its exit code. The work is done elsewhere."""
