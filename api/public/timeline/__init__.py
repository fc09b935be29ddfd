"""Timeline of a match: its main events, with the win probabilities after each."""
