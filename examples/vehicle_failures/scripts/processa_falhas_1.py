"""Clean FALHAS: one spelling for vehicle numbers, dates, faults and fault groups."""

from limpeza import data, inteiro, knr, sem_cabecalhos, sem_vazios, texto


def execute(df_falhas):
    """Takes FALHAS as extracted; gives the same rows, cleaned.

    Rows whose fault group is ``#MULTIVALUE`` are dropped. Older extracts have no S_GROUP_ID; that is fine.
    """
    df = sem_cabecalhos(df_falhas)
    if "S_GROUP_ID" in df.columns:
        df = df[texto(df["S_GROUP_ID"]) != "#MULTIVALUE"]
        df = df.assign(S_GROUP_ID=inteiro(df["S_GROUP_ID"]))
    df = df.assign(
        KNR=knr(df["KNR"]),
        MOTOR=sem_vazios(df["MOTOR"]),
        HALLE=texto(df["HALLE"]),
        FALHA=_falha(df["FALHA"]),
        DATA=data(df["DATA"]),
    ).reset_index(drop=True)
    print(f"{len(df_falhas) - len(df)} of {len(df_falhas)} rows dropped (headers inside the data, #MULTIVALUE)")
    print(f"{df['FALHA'].nunique()} kinds of fault, {df_falhas['FALHA'].nunique()} spellings before")
    return df


def _falha(coluna):
    """``PEÇA INCORRETA ¨`` and ``peça incorreta`` are one fault."""
    return texto(texto(coluna).str.upper().str.replace(r"[^\w\s-]", "", regex=True))
