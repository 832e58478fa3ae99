"""The graph on disk: commits as checksummed records in a log, checkpoints of the whole, recovery from both."""
