"""Implements `make bench`, which compares the client with its peers in both directions, on one
machine, in one run."""
