"""From one row a fault to one row a vehicle: who has a fault at all."""


def execute(df_falhas_processed_1):
    """Takes cleaned FALHAS; gives KNR (unique) and FALHA (1).

    The fault group stays behind on purpose: only faulty vehicles have one, so it would tell the model the answer.
    """
    df = df_falhas_processed_1[["KNR"]].drop_duplicates(ignore_index=True).assign(FALHA=1)
    print(f"{len(df)} vehicles with faults")
    return df
