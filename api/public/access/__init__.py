"""Access control: who may request what, and how much of it."""
