"""How the schema came to be, step by step. A migration that was released is never changed."""
