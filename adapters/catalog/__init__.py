"""The SQL catalog: matches, maps, rounds, players, teams and model versions, for lookup by name and time."""
