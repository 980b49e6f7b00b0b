"""The formats: a parser each, and what those of structured files have in common."""
