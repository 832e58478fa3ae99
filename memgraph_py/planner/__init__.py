"""From checked syntax to a plan."""
