"""Sockets to sessions: the Bolt and HTTP servers, and the composition root that starts and stops everything."""
