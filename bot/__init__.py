"""The conversation: hearing what was said, deciding what happens, saying it."""
