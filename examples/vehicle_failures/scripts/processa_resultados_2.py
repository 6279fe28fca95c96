"""From one row a test to one row a vehicle: the features of the model."""

import pandas as pd

IDS = (1, 2, 718)  # machines, bolting, electronics
OK, NOT_OK = 10, 13
DIA = pd.Timedelta(days=1)


def execute(df_resultados_processed_1):
    """Takes cleaned RESULTADOS; gives one row a vehicle.

    Columns: KNR (unique), then for each ID of 1, 2 and 718: ``ID…NAME`` number of tests, ``ID…SOK`` how many were
    ok, ``ID…SNOK`` how many were not, ``ID…DATA`` days from the first to the last. No tests: all four are 0.
    """
    df = df_resultados_processed_1
    veiculos = pd.Index(df["KNR"].unique(), name="KNR").sort_values()
    partes = [_de_um_tipo(df[df["ID"] == tipo], f"ID{tipo}") for tipo in IDS]
    features = pd.concat([parte.reindex(veiculos, fill_value=0) for parte in partes], axis=1).reset_index()
    print(f"{len(features)} vehicles, {features.shape[1] - 1} features")
    return features


def _de_um_tipo(df, prefixo):
    por_veiculo = (
        pd.DataFrame(
            {
                "KNR": df["KNR"],
                "DATA": df["DATA"],
                "ok": (df["STATUS"] == OK).fillna(False).astype("int64"),
                "nok": (df["STATUS"] == NOT_OK).fillna(False).astype("int64"),
            }
        )
        .groupby("KNR")
        .agg(testes=("ok", "size"), ok=("ok", "sum"), nok=("nok", "sum"), de=("DATA", "min"), ate=("DATA", "max"))
    )
    return pd.DataFrame(
        {
            f"{prefixo}NAME": por_veiculo["testes"].astype("int64"),
            f"{prefixo}SOK": por_veiculo["ok"],
            f"{prefixo}SNOK": por_veiculo["nok"],
            f"{prefixo}DATA": ((por_veiculo["ate"] - por_veiculo["de"]) / DIA).fillna(0.0),
        }
    )
