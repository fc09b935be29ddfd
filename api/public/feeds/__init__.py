"""What the feeds as a whole are like: how fast they come, what they cover, how the parts behind them do."""
