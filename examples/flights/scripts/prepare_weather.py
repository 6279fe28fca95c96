"""The weather at the three airports, hour by hour, as the join needs it."""

MEASURED = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def execute(weather):
    """Takes the weather; gives one row an airport and hour, with rain of the last three hours.

    Hours without a measured gust had none.
    """
    df = weather.sort_values(["origin", "time_hour"])[["origin", "time_hour", *MEASURED]]
    df = df.assign(wind_gust=df["wind_gust"].fillna(0.0))
    rain = df.groupby("origin")["precip"].rolling(3, min_periods=1).sum().reset_index(level=0, drop=True)
    df = df.assign(precip_3h=rain).reset_index(drop=True)
    print(f"{len(df):,} hours at {df['origin'].nunique()} airports, rain in {df['precip'].gt(0).mean():.1%}")
    return df
