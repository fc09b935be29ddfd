"""The SQL catalog: matches, maps, rounds, players, teams and model versions, for looking up by name and time."""
