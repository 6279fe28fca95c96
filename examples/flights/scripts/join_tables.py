"""Each flight with its plane and with the weather at its airport in the hour it should leave."""

import pandas as pd


def execute(flights_ready: pd.DataFrame, weather_ready: pd.DataFrame, planes_ready: pd.DataFrame) -> pd.DataFrame:
    """Takes the three prepared tables; gives one row a flight. What is not known of plane or weather is missing."""
    df = flights_ready.merge(weather_ready, on=["origin", "time_hour"], how="left", validate="many_to_one")
    df = df.merge(planes_ready, on="tailnum", how="left", validate="many_to_one")
    df = df.assign(age=2013 - df["built"]).drop(columns=["tailnum", "built"])
    no_weather, no_plane = df["temp"].isna().mean(), df["maker"].isna().mean()
    print(f"{len(df):,} flights; weather unknown for {no_weather:.1%}, plane for {no_plane:.1%}")
    return df
