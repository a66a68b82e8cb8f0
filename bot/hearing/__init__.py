"""From a line of text to one Reading."""
