"""What the process says of itself: index, health, readiness, metrics."""
