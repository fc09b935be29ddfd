"""Statistics as a fold over facts: the book, what each fact adds to it, and the figures derived from it."""
