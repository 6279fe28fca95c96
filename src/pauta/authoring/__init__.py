"""How a user writes a pipeline: documents and scripts become domain values, checked with exact places. Runs nothing."""
