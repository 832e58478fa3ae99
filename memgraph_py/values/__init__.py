"""What Cypher values are."""
