"""What people, programs and spreadsheets write where there is no value, said once: in outcomes, other columns and households."""

from __future__ import annotations

from typing import Final

import polars as pl

# What a spreadsheet writes, in its own language, where a formula has no value: never a level.
ERROR_WORDS: Final = (
    "#REF!", "#DIV/0!", "#NAME?", "#N/A", "#VALUE!", "#NUM!", "#NULL!", "#CALC!", "#SPILL!",
    "#BEZUG!", "#NV", "#WERT!", "#ZAHL!", "#NOM?", "#VALEUR!", "#NOMBRE!", "#NUL!", "#¡REF!", "#¡DIV/0!", "#¿NOMBRE?",
    "#N/D", "#N/D!", "#N/V", "#N/B", "#¡VALOR!", "#¡NUM!", "#¡NULO!", "#VALOR!", "#NÚM!", "#NULO!", "#NOME?", "#RIF!", "#VALORE!",
    "#NULLO!", "#ADR!", "#DZIEL/0!", "#NAZWA?", "#ARG!", "#LICZBA!", "#ZERO!", "#ODKAZ!", "#DĚLENÍ_NULOU!", "#NÁZEV?",
    "#NENÍ_K_DISPOZICI", "#HODNOTA!", "#ČÍSLO!",
)  # fmt: skip
INFINITIES: Final = tuple(
    f"{sign}{word}" for sign in ("", "-", "+") for word in ("inf", "Inf", "INF", "infinity", "Infinity")
)
DASHES: Final = ("-", "–", "—", "--", "---")
MISSING_WORDS: Final = (
    "NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "(null)", "(NULL)", "None", "none", "?", "missing",
    *DASHES, *INFINITIES, *ERROR_WORDS,
)  # fmt: skip
"""What programs write, as they write it."""

NO_ANSWER: Final = (
    "unknown", "unclear", "no answer", "not reached", "not available", "not known", "not stated", "n.a.",
    "unbekannt", "unklar", "nicht erreicht", "nicht bekannt", "nicht verfügbar", "nicht angegeben", "keine antwort",
    "keine angabe", "keine angaben", "ohne angabe", "k.a.", "k. a.", "ka", "n.v.", "n. v.",
    "inconnu", "inconnue", "non renseigné", "non renseignée", "non disponible", "non communiqué", "sans réponse", "n.c.", "n.d.",
    "n. d.", "n/d", "desconocido", "desconocida", "no disponible", "sin datos", "sin respuesta", "no consta", "ns/nc", "s/d",
    "desconhecido", "desconhecida", "não disponível", "não informado", "sem informação", "sem resposta",
    "sconosciuto", "sconosciuta", "non noto", "nessuna risposta",
    "brak", "brak danych", "brak odpowiedzi", "nieznany", "nieznana", "nieznane", "b.d.", "b. d.", "b/d",
    "neznámý", "neznámá", "neznámé", "neznámo", "neuvedeno", "nezjištěno", "bez odpovědi",
)  # fmt: skip
"""What people write, whatever its capitals."""


def says_nothing(text: str) -> bool:
    """Tell whether a text is one that people or programs write where there is no value."""
    return text in MISSING_WORDS or text.casefold() in NO_ANSWER


def words_for_nothing(texts: pl.Series) -> list[str]:
    """Name the texts of a column that are written where there is no value, in order."""
    different = texts.drop_nulls().unique()
    found = different.is_in(list(MISSING_WORDS)) | different.str.to_lowercase().is_in(list(NO_ANSWER))
    return sorted(different.filter(found))
