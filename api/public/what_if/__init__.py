"""What-if questions: the same models applied to a changed state."""
