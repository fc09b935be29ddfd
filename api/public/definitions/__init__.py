"""What each statistic means."""
