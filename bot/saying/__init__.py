"""From what to say to words. All wording is data."""
