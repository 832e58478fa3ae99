"""Kafka to transactions. Imports nothing: the transform's child process loads its two modules from here and no more."""
