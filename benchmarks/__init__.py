"""`make bench`: both directions of the client beside every peer, on one machine, in one run."""
