"""The port's rows in SQL, one file for each idea. They know statements by name, not their database."""
