"""Clean RESULTADOS: vehicle numbers, dates and values in one spelling, codes as numbers."""

from limpeza import data, inteiro, knr, numero, sem_cabecalhos, sem_vazios, texto


def execute(df_resultados):
    """Takes RESULTADOS as extracted; gives the same rows, cleaned.

    Tests of machines (ID 1) usually have no UNIT, VALUE_ID and VALUE. They stay: that they were made, and how they
    ended, is what counts.
    """
    df = sem_cabecalhos(df_resultados)
    df = df.assign(
        KNR=knr(df["KNR"]),
        NAME=texto(df["NAME"]),
        ID=inteiro(df["ID"]),
        STATUS=inteiro(df["STATUS"]),
        UNIT=sem_vazios(df["UNIT"]).replace(r"\u00B0", "°"),
        VALUE_ID=texto(df["VALUE_ID"]),
        VALUE=numero(df["VALUE"]),
        DATA=data(df["DATA"]),
    ).reset_index(drop=True)
    first, last = df["DATA"].min(), df["DATA"].max()
    print(f"{len(df)} tests of {df['KNR'].nunique()} vehicles, {first:%Y-%m-%d} to {last:%Y-%m-%d}")
    return df
