"""Implements `make bench`, which compares the client with other clients ("peers") in one run on one
machine, both for writing and for reading."""
