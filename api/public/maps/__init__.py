"""Where one can walk on a map."""
