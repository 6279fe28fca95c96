"""DataFrames to Arrow bytes and back; schema, profile, preview, diff. Knows no run and no store."""
