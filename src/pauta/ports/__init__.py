"""What the program needs from the world, as small protocols. Each promise has a contract test."""
