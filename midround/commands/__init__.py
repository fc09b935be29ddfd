"""One module per command: its options, help text, output and exit code. The work is done by other packages."""
