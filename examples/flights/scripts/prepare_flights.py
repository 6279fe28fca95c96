"""What is known of a flight before it leaves, and whether it came late."""


def execute(flights, late_after=15, share=1.0):
    """Takes the flights; gives those that arrived.

    Columns: the plan (month, weekday, hour, minute, carrier, origin, dest, distance), the keys tailnum and time_hour,
    ``busy`` (flights planned from that airport in that hour), ``late`` (1: more than ``late_after`` minutes).
    Delay at departure and time in the air are left out: nobody knows them beforehand.
    ``share`` below 1 keeps that part of the flights, evenly over the year.
    """
    busy = flights.groupby(["origin", "time_hour"])["flight"].transform("size")
    df = flights.assign(busy=busy, weekday=flights["time_hour"].dt.day_of_week)
    df = df[df["arr_delay"].notna()]
    if share < 1:
        df = df.sample(frac=share, random_state=0).sort_index()
    df = df.assign(late=(df["arr_delay"] > late_after).astype("int64"))
    keep = ["time_hour", "month", "weekday", "hour", "minute", "carrier", "origin", "dest", "distance", "tailnum"]
    df = df[[*keep, "busy", "late"]].reset_index(drop=True)
    print(f"{len(df):,} of {len(flights):,} flights, {df['late'].mean():.1%} more than {late_after} minutes late")
    return df
