"""Learning tools for scripts. Knows nothing of the rest."""
