"""What work costs the server, in its own CPU time."""
