"""What runs inside the script's own process. Light; never opens the database."""
