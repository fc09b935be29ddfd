"""How a state changes, one module a theme; `game.advance` picks the function."""
