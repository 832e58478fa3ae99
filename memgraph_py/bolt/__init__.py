"""The Bolt protocol as bytes and states; no sockets."""
