"""From a state and a reading to the next state and what to say: pure functions and one table."""
