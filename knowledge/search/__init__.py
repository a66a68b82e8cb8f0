"""Which item or theme a sentence asks for, with a calibrated probability, or that it asks for none."""

from knowledge.search.matcher import Candidate, Match, Matcher

__all__ = ["Candidate", "Match", "Matcher"]
