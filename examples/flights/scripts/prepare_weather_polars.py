"""The weather at the three airports, hour by hour, as the join needs it: the same with polars."""

import polars as pl

MEASURED = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def execute(weather: pl.DataFrame) -> pl.DataFrame:
    """Takes the weather; gives one row an airport and hour, with rain of the last three hours.

    The annotation asks for a polars frame; the next step asks for pandas and gets that.
    """
    df = (
        weather.sort("origin", "time_hour")
        .select("origin", "time_hour", *MEASURED)
        .with_columns(pl.col("wind_gust").fill_null(0.0))
        .with_columns(pl.col("precip").rolling_sum(3, min_samples=1).over("origin").alias("precip_3h"))
    )
    rainy = (df["precip"] > 0).mean()
    print(f"{df.height:,} hours at {df['origin'].n_unique()} airports, rain in {rainy:.1%}")
    return df
