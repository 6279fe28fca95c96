"""What runs inside the script's own process, and the warm parent it is forked from. Light; never opens the database."""
