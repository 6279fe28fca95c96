"""What is known of each plane."""


def execute(planes):
    """Takes the planes; gives tailnum (unique), built (year), seats, engines, maker (the ten most frequent)."""
    frequent = planes["manufacturer"].value_counts().index[:10]
    maker = planes["manufacturer"].where(planes["manufacturer"].isin(frequent), "OTHER")
    df = planes.assign(maker=maker).rename(columns={"year": "built"})
    df = df[["tailnum", "built", "seats", "engines", "maker"]].drop_duplicates("tailnum", ignore_index=True)
    print(f"{len(df):,} planes, year unknown for {df['built'].isna().sum()}")
    return df
