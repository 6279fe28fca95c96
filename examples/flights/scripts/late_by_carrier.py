"""A small report: which airline comes late how often, from which airport."""


def execute(flights_ready):
    """Takes the prepared flights; gives carrier, origin, flights, late (share), the latest first."""
    df = flights_ready.groupby(["carrier", "origin"], as_index=False).agg(
        flights=("late", "size"), late=("late", "mean")
    )
    df = df.sort_values(["late", "carrier", "origin"], ascending=[False, True, True], ignore_index=True)
    worst = df[df["flights"] >= df["flights"].median()].iloc[0]
    print(f"{worst['carrier']} from {worst['origin']}: {worst['late']:.1%} of {worst['flights']:,} flights late")
    return df
