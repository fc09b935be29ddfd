"""The process's own status: index, health, readiness, metrics."""
