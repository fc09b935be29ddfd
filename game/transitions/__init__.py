"""State transitions, one module per theme; `game.advance` picks the function."""
