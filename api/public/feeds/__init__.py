"""State of the feeds as a whole: latency, coverage, and the health of the parts behind them."""
