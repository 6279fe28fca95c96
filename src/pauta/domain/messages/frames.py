"""Texts of data: what steps give, files coming in, stored objects (SCR-022, SCR-023, CSV, DAT, OBJ)."""

from __future__ import annotations

from pauta.domain.messages.text import Bilingual, both

_CONVERT = "Positions count from 0, as in iloc."
_CONVERTA = "As posições contam a partir de 0, como em iloc."
_RETURN = "Return a DataFrame (pandas, polars or pyarrow), a dict of JSON values, a number, a text, an array, a model."
_DEVOLVA = (
    "Devolva um DataFrame (pandas, polars ou pyarrow), um dict de valores JSON, um número, um texto, "
    "um array ou um modelo."
)

FRAMES: dict[str, Bilingual] = {
    # ---- what a step gives -------------------------------------------------------------------
    "SCR-022": both(
        'step "{step}": returned {found}; expected DataFrame for output "{output}"',
        'etapa "{step}": devolveu {found}; esperava-se um DataFrame para a saída "{output}"',
        do=_RETURN,
        faca=_DEVOLVA,
    ),
    "SCR-022.returned": both(
        'returned {found}; expected DataFrame for output "{output}"',
        'devolveu {found}; esperava-se um DataFrame para a saída "{output}"',
        do=_RETURN,
        faca=_DEVOLVA,
    ),
    "SCR-022.series": both(
        'returned {found}; expected DataFrame for output "{output}"',
        'devolveu {found}; esperava-se um DataFrame para a saída "{output}"',
        do="Make it a DataFrame of one column with .to_frame().",
        faca="Transforme em um DataFrame de uma coluna com .to_frame().",
    ),
    "SCR-022.cell": both(
        'column "{column}" (row {row}) holds {found}; convert or drop',
        'a coluna "{column}" (linha {row}) contém {found}; converta ou remova',
        do=_CONVERT,
        faca=_CONVERTA,
    ),
    "SCR-022.mixed": both(
        'column "{column}" (row {row}) holds {found}, but row {first} holds {other}; convert the column to one type',
        'a coluna "{column}" (linha {row}) contém {found}, mas a linha {first} contém {other}; '
        "converta a coluna para um só tipo",
        do='For example df["{column}"] = df["{column}"].astype(str). ' + _CONVERT,
        faca='Por exemplo df["{column}"] = df["{column}"].astype(str). ' + _CONVERTA,
    ),
    "SCR-022.dtype": both(
        'column "{column}" has dtype {found}, which cannot be kept; convert or drop',
        'a coluna "{column}" tem dtype {found}, que não pode ser guardado; converta ou remova',
    ),
    "SCR-022.index": both(
        "the index {reason}; use reset_index() or give it plain values",
        "o índice {reason}; use reset_index() ou dê a ele valores simples",
    ),
    "SCR-022.value": both(
        'output "{output}"{path} holds {found}, which JSON cannot keep; convert it',
        'a saída "{output}"{path} contém {found}, que JSON não guarda; converta',
        do="JSON keeps texts as keys; texts, finite numbers, true, false, null, lists and dicts as values.",
        faca="JSON guarda textos como chaves; textos, números finitos, true, false, null, listas e dicts como valores.",
    ),
    "SCR-022.array": both(
        'output "{output}" is an array of dtype {found}, which cannot be kept; convert it',
        'a saída "{output}" é um array de dtype {found}, que não pode ser guardado; converta',
    ),
    "SCR-022.model": both(
        'output "{output}" is a {found} that cannot be kept safely: {reason}',
        'a saída "{output}" é um {found} que não pode ser guardado com segurança: {reason}',
        do="Keep a plain scikit-learn, XGBoost or Keras model, or write your own file into the working folder.",
        faca="Guarde um modelo simples do scikit-learn, XGBoost ou Keras, ou grave seu próprio arquivo na "
        "pasta de trabalho.",
    ),
    "SCR-023": both(
        'columns {first} and {second} are both "{name}"',
        'as colunas {first} e {second} se chamam "{name}"',
        do="Rename or drop one of them. " + _CONVERT,
        faca="Renomeie ou remova uma delas. " + _CONVERTA,
    ),
    "SCR-023.empty": both(
        "column {first} has an empty name",
        "a coluna {first} tem nome vazio",
        do="Give it a name. " + _CONVERT,
        faca="Dê um nome a ela. " + _CONVERTA,
    ),
    "SCR-023.type": both(
        "column {first} is named {name} ({found}); names must be texts",
        "a coluna {first} se chama {name} ({found}); nomes devem ser textos",
        do="For example df.columns = df.columns.map(str). " + _CONVERT,
        faca="Por exemplo df.columns = df.columns.map(str). " + _CONVERTA,
    ),
    "SCR-023.labels": both(
        "the column labels are of type {found}; they must be plain texts",
        "os rótulos das colunas são do tipo {found}; devem ser textos simples",
        do="For example df.columns = df.columns.astype(str).",
        faca="Por exemplo df.columns = df.columns.astype(str).",
    ),
    # ---- files coming in ---------------------------------------------------------------------
    "CSV-001": both("the file is empty", "o arquivo está vazio"),
    "CSV-002": both(
        "no data rows: the file has only a header",
        "sem linhas de dados: o arquivo só tem cabeçalho",
    ),
    "CSV-010": both(
        "{found} fields, header has {expected}",
        "{found} campos, o cabeçalho tem {expected}",
        do="Correct the line, or quote fields that hold the delimiter.",
        faca="Corrija a linha, ou ponha entre aspas os campos que contêm o delimitador.",
    ),
    "CSV-011": both(
        "quote opened here never closes",
        "aspas abertas aqui nunca se fecham",
        do="Close the quote, or double it if it belongs to the text.",
        faca="Feche as aspas, ou duplique-as se fazem parte do texto.",
    ),
    "CSV-012": both(
        'delimiter unclear: "{first}" {first_columns} columns, "{second}" {second_columns}; choose one',
        'delimitador incerto: "{first}" {first_columns} colunas, "{second}" {second_columns}; escolha um',
    ),
    "CSV-013": both(
        "byte {byte}: not UTF-8; looks like {guess}",
        "byte {byte}: não é UTF-8; parece {guess}",
        do="Save the file as UTF-8.",
        faca="Salve o arquivo como UTF-8.",
    ),
    "CSV-020.number": both('"{found}" is not a number', '"{found}" não é um número'),
    "CSV-020.comma": both(
        '"{found}" is not a number with "." as decimal; file seems to use ","',
        '"{found}" não é um número com "." como decimal; o arquivo parece usar ","',
    ),
    "CSV-020.integer": both('"{found}" is not a whole number', '"{found}" não é um número inteiro'),
    "CSV-020.boolean": both('"{found}" is not true or false', '"{found}" não é true nem false'),
    "CSV-020.date": both(
        '"{found}" is not a date as 2025-08-31 or 2025-08-31 13:45:00',
        '"{found}" não é uma data como 2025-08-31 ou 2025-08-31 13:45:00',
        do="Write dates with the year first, or declare the column as string and convert it in a script.",
        faca="Escreva datas com o ano primeiro, ou declare a coluna como string e converta em um script.",
    ),
    "CSV-020.other": both('"{found}" is not of type {expected}', '"{found}" não é do tipo {expected}'),
    "CSV-021": both("{found} does not exist", "{found} não existe"),
    "CSV-022": both(
        "{found} does not fit into {expected}",
        "{found} não cabe em {expected}",
        do="Declare the column as string if it is a key.",
        faca="Declare a coluna como string se ela é uma chave.",
    ),
    "CSV-030": both('missing "{name}"', 'falta "{name}"'),
    "CSV-030.near": both(
        'missing "{name}"; found "{close}" (column {column})',
        'falta "{name}"; encontrada "{close}" (coluna {column})',
    ),
    "CSV-032": both(
        'columns {first} and {second} are both "{name}"',
        'as colunas {first} e {second} se chamam "{name}"',
        do="Rename one of them in the header.",
        faca="Renomeie uma delas no cabeçalho.",
    ),
    "CSV-040.columns": both("{found} columns; the limit is {limit}", "{found} colunas; o limite é {limit}"),
    "CSV-040.cell": both(
        "a cell of {found} characters; the limit is {limit}",
        "uma célula de {found} caracteres; o limite é {limit}",
    ),
    "CSV-040.gzip": both(
        "the content of the gzip file is larger than {limit}",
        "o conteúdo do arquivo gzip é maior que {limit}",
    ),
    "CSV-050.xlsx": both(
        "this is an Excel workbook (zip, [Content_Types].xml); export the sheet as CSV",
        "isto é uma pasta de trabalho do Excel (zip, [Content_Types].xml); exporte a planilha como CSV",
    ),
    "CSV-050.zip": both(
        "this is a zip archive; take the CSV out of it",
        "isto é um arquivo zip; extraia o CSV dele",
    ),
    "CSV-050.xls": both(
        "this is an old Excel workbook; export the sheet as CSV",
        "isto é uma pasta de trabalho antiga do Excel; exporte a planilha como CSV",
    ),
    "CSV-050.pdf": both(
        "this is a PDF document; export the data as CSV",
        "isto é um documento PDF; exporte os dados como CSV",
    ),
    "CSV-050.parquet": both(
        "this is a Parquet file; name it .parquet",
        "isto é um arquivo Parquet; dê a ele o sufixo .parquet",
    ),
    "CSV-050.arrow": both(
        "this is an Arrow file; name it .arrow",
        "isto é um arquivo Arrow; dê a ele o sufixo .arrow",
    ),
    "CSV-050.html": both(
        "this is an HTML page, perhaps an error page; download the data again",
        "isto é uma página HTML, talvez uma página de erro; baixe os dados de novo",
    ),
    "CSV-050.json": both(
        "this is JSON; convert it to CSV",
        "isto é JSON; converta para CSV",
    ),
    "DAT-001": both(
        'schema of "{name}": column "{column}" has type "{found}", which is not an Arrow type',
        'esquema de "{name}": a coluna "{column}" tem o tipo "{found}", que não é um tipo Arrow',
        do="Use for example string, int64, float64, bool, date32, timestamp[us].",
        faca="Use por exemplo string, int64, float64, bool, date32, timestamp[us].",
    ),
    "DAT-002": both(
        'column "{column}" is {found}, and cannot be read as {expected}',
        'a coluna "{column}" é {found}, e não pode ser lida como {expected}',
    ),
    "DAT-003": both(
        'no such file: "{path}"',
        'arquivo não encontrado: "{path}"',
    ),
    "DAT-004": both(
        'unknown kind of file "{suffix}"; expected .csv, .parquet, .arrow or .feather',
        'tipo de arquivo desconhecido "{suffix}"; esperava-se .csv, .parquet, .arrow ou .feather',
    ),
    "DAT-011": both(
        'input "{output}": {rows} rows, contract wants ≥ {least}',
        'entrada "{output}": {rows} linhas, o contrato quer ≥ {least}',
    ),
    "DAT-011.step": both(
        'step "{step}" output "{output}": {rows} rows, contract wants ≥ {least}',
        'etapa "{step}" saída "{output}": {rows} linhas, o contrato quer ≥ {least}',
    ),
    "DAT-020": both(
        "damaged or not {expected}: {reason}",
        "danificado ou não é {expected}: {reason}",
        do="Write the file again.",
        faca="Grave o arquivo de novo.",
    ),
    # ---- stored objects ----------------------------------------------------------------------
    "OBJ-001": both(
        "object {address}: missing in store",
        "objeto {address}: falta no armazenamento",
        do="Run again from the step that made it.",
        faca="Execute de novo a partir da etapa que o criou.",
    ),
    "OBJ-002": both(
        "object {address}: its bytes do not match its address; it was set aside",
        "objeto {address}: seus bytes não correspondem ao endereço; ele foi posto de lado",
        do="Run again from the step that made it.",
        faca="Execute de novo a partir da etapa que o criou.",
    ),
    "OBJ-003": both(
        "flushing to disk failed ({reason}); nothing may be taken for stored",
        "a gravação em disco falhou ({reason}); nada pode ser dado como guardado",
        do="Check the disk, then start again: unfinished work is done anew.",
        faca="Verifique o disco e inicie de novo: o trabalho não concluído será refeito.",
    ),
    "OBJ-004": both(
        '"{address}" is not an address: expected 64 lower-case hexadecimal digits',
        '"{address}" não é um endereço: esperavam-se 64 dígitos hexadecimais minúsculos',
    ),
    "OBJ-005": both(
        "the object store cannot be used: {reason}",
        "o armazenamento de objetos não pode ser usado: {reason}",
    ),
}
