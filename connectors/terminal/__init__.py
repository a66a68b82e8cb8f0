"""The guide terminal's pages."""
