"""What if the round stood otherwise: the same models on a changed state."""
