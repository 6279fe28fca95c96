"""Join: every tested vehicle with its features and whether it has a fault."""


def execute(df_resultados_processed_2, df_falhas_processed_2):
    """Takes features and faults by vehicle; gives KNR, the twelve features and FALHA (0 or 1).

    Vehicles with faults but without tests are left out: there is nothing to predict from.
    """
    faltas = df_falhas_processed_2[["KNR", "FALHA"]]
    df = df_resultados_processed_2.merge(faltas, on="KNR", how="left", validate="one_to_one")
    df = df.assign(FALHA=df["FALHA"].fillna(0).astype("int64"))
    print(f"{len(df)} vehicles, {df['FALHA'].mean():.0%} with faults")
    return df
