"""What a client can do: prepare and run statements in sessions."""
