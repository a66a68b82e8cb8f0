"""What the hall keeps: one folder a noun, each behind a small interface with a built-in."""
