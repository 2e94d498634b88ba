"""`make bench`: both directions of the client against every peer, on one machine, in one run."""
