"""Teams over all their matches."""
