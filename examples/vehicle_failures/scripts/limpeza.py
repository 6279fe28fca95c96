"""What both extracts need: vehicle numbers and dates in one spelling, numbers out of padded text."""

import pandas as pd


def sem_cabecalhos(df):
    """Rows without the header row that occurs inside the data, and columns without leftover row numbers."""
    colunas = [nome for nome in df.columns if not str(nome).startswith("Unnamed")]
    return df.loc[texto(df["KNR"]) != "KNR", colunas]


def texto(coluna):
    """Text without the blanks around it. Nothing stays nothing."""
    return coluna.astype("string").str.strip()


def sem_vazios(coluna):
    """Text as above; what was only blanks is missing."""
    escrita = texto(coluna)
    return escrita.mask(escrita == "")


def numero(coluna):
    """Numbers out of text with a decimal point or a comma. What is no number becomes missing."""
    return pd.to_numeric(texto(coluna).str.replace(",", ".", regex=False), errors="coerce").astype("Float64")


def inteiro(coluna):
    """Whole numbers, whether they came as a number (4, 4.0) or as text ("4")."""
    return numero(coluna).astype("Int64")


def knr(coluna):
    """Vehicle numbers as ``2023-2056234``; some rows lack the dash."""
    return texto(coluna).str.replace(r"^(\d{4})(\d{7})$", r"\1-\2", regex=True)


def data(coluna):
    """Times out of both spellings: ``2024-05-20 21:31:51.992`` and, day first, ``20/5/2024 21:31:52``."""
    if pd.api.types.is_datetime64_any_dtype(coluna):
        return coluna
    escrita = texto(coluna)
    dia_primeiro = escrita.str.contains("/", regex=False).fillna(False).astype(bool)
    lida = pd.to_datetime(escrita.where(~dia_primeiro), format="ISO8601", errors="coerce").astype("datetime64[ms]")
    lida[dia_primeiro] = pd.to_datetime(escrita[dia_primeiro], format="%d/%m/%Y %H:%M:%S", errors="coerce")
    return lida
