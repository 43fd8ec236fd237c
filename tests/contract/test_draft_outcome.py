"""The outcome of a draft: which column it is, who the yes is, and what means no answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract import draft_outcome
from segmint.contract.contract import Contract, parse_contract
from segmint.contract.draft_outcome import NAME_OUTCOME
from segmint.contract.hints import outcome_rank
from segmint.contract.infer import Draft, infer_contract
from segmint.contract.validate import validate
from segmint.errors import ContractError, DataError
from segmint.tables.source import open_table
from segmint.wording import terms_in
from tests.contract.drafts import churn, several_classes, validate_reviewed


def test_only_columns_that_are_named_as_an_outcome_are_read_as_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    read, answers = [], draft_outcome._answers
    monkeypatch.setattr(draft_outcome, "_answers", lambda raw: read.append(raw.name) or answers(raw))
    wide = churn().with_columns([pl.lit(str(place)).alias(f"amount_{place}") for place in range(50)])
    assert infer_contract(open_table(wide), name="x").contract.outcome.column == "Churn"
    assert set(read) == {"Churn"}


def test_a_table_without_answers_is_drafted_for_those_to_come() -> None:
    frame = churn().drop("Churn")
    with pytest.raises(ContractError, match="--no-outcome"):
        infer_contract(open_table(frame.drop("final_bill")), name="x")
    draft = infer_contract(open_table(frame), name="x", without_outcome=True)
    assert draft.contract.outcome.column == "response"
    assert set(draft.contract.by_name) == set(frame.columns)
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert "# LOOK: nobody's answer is here yet; name the column that your campaign will fill\n[outcome]" in draft.text
    empty = frame.with_columns(bought=pl.lit(None, dtype=pl.String))
    named = infer_contract(open_table(empty), name="x", outcome="bought", without_outcome=True).contract
    assert named.outcome.column == "bought"
    assert "bought" not in named.by_name


def test_answers_in_a_table_that_is_said_to_have_none_are_asked_about() -> None:
    draft = infer_contract(open_table(churn()), name="x", without_outcome=True)
    assert "does it hold the answers?" in draft.suspects["Churn"]
    with pytest.raises(ContractError, match="has answers in 'Churn'"):
        infer_contract(open_table(churn()), name="x", outcome="Churn", without_outcome=True)


def test_an_outcome_that_cannot_be_found_is_asked_for() -> None:
    frame = churn().rename({"Churn": "answer"})
    with pytest.raises(ContractError, match=r"looks like an outcome(.|\n)*or to which known segment each belongs"):
        infer_contract(open_table(frame), name="x")
    assert infer_contract(open_table(frame), name="x", outcome="answer").contract.outcome.kind == "response"
    with pytest.raises(ContractError, match=r"no column 'Answer'(.|\n)*one of customerID, gender"):
        infer_contract(open_table(frame), name="x", outcome="Answer")
    with pytest.raises(ContractError, match=r"has 1 level\."):
        infer_contract(open_table(frame), name="x", outcome="country")


def test_a_mistyped_outcome_is_suggested_although_the_list_of_columns_ends_before_it() -> None:
    columns = {f"column {letter}": ["a", "b"] * 30 for letter in "abcdefghijklmnopqrst"}
    frame = pl.DataFrame({**columns, "Abschluss Ja/Nein": ["Ja", "Nein"] * 30})
    for typed in ("abschluss ja/nein", "Abschlus Ja/Nein"):
        with pytest.raises(ContractError) as caught:
            infer_contract(open_table(frame), name="x", outcome=typed)
        assert caught.value.fix == "did you mean 'Abschluss Ja/Nein'?"
        assert caught.value.expected.endswith("column t … and 1 more")
    unheaded = frame.rename({"Abschluss Ja/Nein": "Meier 4711"})
    with pytest.raises(ContractError) as caught:
        infer_contract(open_table(unheaded), name="x", outcome="Meier 471")
    assert "Meier 4711" not in str(caught.value)


def test_the_outcome_is_the_binary_column_that_sounds_like_one(german: Draft) -> None:
    assert german.contract.outcome.column == "accepted_offer"
    assert german.contract.outcome.positive == "ja"
    assert german.suspects["response"].endswith("named like an outcome")
    for name in ("talk_minutes", "call_length", "duration_sec", "cancel_reason", "response"):
        assert german.contract.by_name[name].known == "after_call", name


@pytest.mark.parametrize("name", ["bought_in_campaign", "accepted_offer", "subscribed", "response", "Converted?"])
def test_names_of_outcomes(name: str) -> None:
    frame = churn().drop("Churn", "final_bill").with_columns(pl.Series(name, ["won", "lost"] * 200))
    frame = frame.with_columns(previous_response=pl.Series(["1", "0"] * 200), prev_bought=pl.Series(["1", "0"] * 200))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.outcome.column == name
    assert draft.contract.outcome.positive == "won"


@pytest.mark.parametrize(
    ("name", "no", "yes"),
    [
        ("souscrit", "non", "oui"), ("Réponse", "non", "oui"), ("a acheté", "non", "oui"), ("suscribió", "no", "sí"), ("contrató", "no", "sí"),
        ("Respuesta", "no", "sí"), ("subscreveu", "não", "sim"), ("aderiu", "não", "sim"), ("resposta", "não", "sim"),
        ("contratou", "não", "sim"), ("sottoscritto", "no", "sì"), ("risposta", "no", "sì"), ("ha acquistato", "no", "sì"),
    ],
)  # fmt: skip
def test_names_of_outcomes_in_other_languages(name: str, no: str, yes: str) -> None:
    frame = churn().drop("Churn", "final_bill").with_columns(pl.Series(name, [yes, no, no, no] * 100))
    frame = frame.with_columns(pl.Series("resposta anterior", [yes, no] * 200), pl.Series("contrato", [yes, no] * 200))
    outcome = infer_contract(open_table(frame), name="x").contract.outcome
    assert (outcome.column, outcome.positive) == (name, yes)


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        *[(name, 2) for name in ("suscrita", "acquistata", "comprada", "acepta", "contratado", "contrató", "contratou", "ha_contratado")],
        *[(name, 1) for name in ("oferta_aceptada", "offre_acceptée", "offre_souscrite", "proposta_aceita", "proposta_aceite", "offerta_accettata")],
        *[(name, 1) for name in ("accepted_offer", "accepted_marketing_offer", "aceptado_en_llamada", "response_marketing")],
        *[(f"{product}_contratad{end}", 0) for product, end in (("seguro", "o"), ("tarjeta", "a"), ("produto", "o"), ("limite", "o"), ("póliza", "a"))],
        *[(name, 0) for name in ("ha_aceptado_rgpd", "aceptado_lopd", "lgpd_aceita", "acepto_publicidad", "accettato_privacy", "privacy_accepted")],
        *[(name, 0) for name in ("accepted_gdpr", "aceita_receber_ligações", "accepte_les_appels", "contrato")],
    ],
)  # fmt: skip
def test_products_held_and_consents_are_no_outcome(name: str, rank: int) -> None:
    assert outcome_rank(name) == rank


def test_a_product_held_is_no_answer_beside_one() -> None:
    cells = pl.Series(["no", "no", "si", "no"] * 100)
    held = churn().drop("Churn", "final_bill").with_columns(oferta_aceptada=cells, seguro_contratado=cells.reverse())
    contract = infer_contract(open_table(held.with_columns(acepto_publicidad=cells)), name="x").contract
    assert (contract.outcome.column, contract.by_name["seguro_contratado"].known) == ("oferta_aceptada", "planning")
    with pytest.raises(ContractError, match="looks like an outcome"):
        infer_contract(open_table(held.drop("oferta_aceptada")), name="x")


def test_an_answer_beside_one_that_is_named_alike_is_asked_about() -> None:
    frame = churn().rename({"Churn": "oferta_aceptada"})
    assert "oferta_aceptada" not in infer_contract(open_table(frame), name="x").suspects
    draft = infer_contract(open_table(frame.with_columns(seguro_suscrito=pl.Series(["no", "si"] * 200))), name="x")
    assert draft.contract.outcome.column == "seguro_suscrito"
    assert "is one of yes and no the outcome (oferta_aceptada)?" in draft.suspects["seguro_suscrito"]


def test_an_outcome_is_asked_about_where_words_do_not_tell() -> None:
    answers = ["ok"] * 300 + ["ko"] * 90 + [""] * 10
    draft = infer_contract(open_table(churn().with_columns(Churn=pl.Series(answers))), name="x")
    assert (
        draft.suspects["Churn"]
        == 'is \'ko\' the yes? If both name segments, write kind = "assignment", without positive and words; 10 rows have no outcome and would be rejected: not called, or a no? (if a blank is a no, write blank = "ok" under [outcome])'
    )
    assert "# LOOK: is 'ko' the yes?" in draft.text.split("[outcome]")[0]


@pytest.mark.parametrize(
    ("counts", "positive", "asked"),
    [
        ({"1": 356, "2": 44}, "2", True),
        ({"2": 356, "1": 44}, "1", True),
        ({"1": 356, "0": 44}, "yes", False),
        ({"1": 356, "-1": 44}, "1", False),
        ({"1": 356, "nein": 44}, "1", False),
        ({"1": 356, "ja": 44}, "ja", True),
    ],
)
def test_1_is_the_yes_only_beside_a_no(counts: dict[str, int], positive: str, asked: bool) -> None:
    answers = [level for level, count in counts.items() for _ in range(count)]
    draft = infer_contract(open_table(churn().with_columns(Churn=pl.Series(answers))), name="x")
    assert draft.contract.outcome.positive == positive
    assert (f"is '{positive}' the yes?" in draft.suspects.get("Churn", "")) == asked
    assert validate_reviewed(draft, churn().with_columns(Churn=pl.Series(answers))).ledger.rejected == 0


def test_words_for_no_outcome_are_no_third_level() -> None:
    churned = churn()["Churn"]
    frame = churn().with_columns(
        Churn=pl.when(pl.int_range(400) % 20 == 0).then(pl.lit("NA")).otherwise(churned),
        region=pl.Series(["NA", "EU"] * 200),
    )
    draft = infer_contract(open_table(frame), name="x")
    assert (draft.contract.outcome.column, draft.contract.outcome.kind) == ("Churn", "response")
    assert draft.contract.missing == ("", "NA")
    assert "20 rows have no outcome (empty, or NA)" in draft.suspects["Churn"]
    assert draft.contract.missing_tokens(draft.contract.by_name["region"]) == ("",)
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    table = validate(open_table(frame), reviewed, max_rejected=0.1)
    assert table.ledger.reasons == {"missing_outcome: Churn": 20}
    assert table.frame["region"].null_count() == 0


@pytest.mark.parametrize(
    ("cells", "levels", "missing"),
    [
        (["nein", "nein", "ja", "Ja", "nein"], ("nein", "ja"), ()),
        (["nein", "NEIN", "ja", "JA", "nein", "ja"], ("nein", "ja"), ()),
        (["no", "yes", "unknown"], ("no", "yes"), ("unknown",)),
        (["no", "yes", "no answer", "Unknown"], ("no", "yes"), ("Unknown", "no answer")),
        (["nein", "ja", "k.A."], ("nein", "ja"), ("k.A.",)),
        (["no", "yes", "later"], ("no", "yes"), ("later",)),
        (["wahr", "falsch"], ("falsch", "wahr"), ()),
        (["s", "n"], ("n", "s"), ()),
        (["nein", "nein", "ja", "j", "no", "ja"], ("nein", "ja"), ()),
        (["0", "1", "2"], ("0", "1", "2"), ()),
        (["Gold", "gold", "Silver", "Plain"], ("Gold", "Plain", "Silver", "gold"), ()),
    ],
)
def test_spellings_of_one_answer_are_one_level(
    cells: list[str], levels: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    frame = churn().with_columns(Churn=pl.Series([cells[i % len(cells)] for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x", outcome="Churn")
    outcome = draft.contract.outcome
    assert outcome.levels == levels
    assert outcome.positive == (levels[1] if len(levels) == 2 else None)
    assert draft.contract.missing == ("", *missing)
    assert parse_contract(draft.text, origin="draft") == draft.contract
    lost = sum(cells[i % len(cells)] in missing for i in range(400))
    table = validate(open_table(frame), draft.contract.model_copy(update={"reviewed": True}), max_rejected=0.9)
    assert table.ledger.rejected == lost
    if missing:
        assert f"{lost} rows have no outcome (empty, or {', '.join(missing)})" in draft.suspects["Churn"]
    if "Gold" in levels:
        assert "only in capital letters" in draft.suspects["Churn"]


def test_a_word_of_few_is_no_answer_and_no_word_for_nothing_in_other_columns() -> None:
    """OUT-04."""
    answers = pl.Series("Churn", ["ja", "nein", "nein", "?"] * 100).scatter(17, "vielleicht")
    frame = churn().with_columns(answers)
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.missing == ("", "?")
    assert draft.contract.outcome.levels == ("nein", "ja")
    assert "1 row says neither 'nein' nor 'ja'" in draft.suspects["Churn"]
    assert "100 rows have no outcome (empty, or ?)" in draft.suspects["Churn"]
    assert "vielleicht" not in draft.text
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    ledger = validate(open_table(frame), reviewed, max_rejected=0.5).ledger
    assert ledger.reasons == {"missing_outcome: Churn": 100, "unknown_outcome: Churn": 1}
    details = {reject.reason: reject.detail for reject in ledger.rejects}
    assert "not a spelling of an outcome level" in details["unknown_outcome"]
    assert "empty or a word for no value" in details["missing_outcome"]


def test_one_row_without_an_outcome_is_one_row() -> None:
    frame = churn().with_columns(pl.Series("Churn", ["yes", "no"] * 200).scatter(3, "-"))
    assert (
        infer_contract(open_table(frame), name="x").suspects["Churn"].startswith("1 row has no outcome (empty, or -)")
    )


def test_a_word_for_nothing_may_be_one_of_several_answers() -> None:
    frame = churn().with_columns(segment=pl.Series(["none", "gold", "silver", "?"] * 100)).drop("Churn")
    outcome = infer_contract(open_table(frame), name="x", outcome="segment").contract.outcome
    assert outcome.levels == ("gold", "none", "silver")


@pytest.mark.parametrize("levels", [("F", "M", "T"), ("J", "K", "N")])
def test_three_letters_are_three_segments(levels: tuple[str, ...]) -> None:
    table = pl.DataFrame({"age": np.arange(300) % 60 + 18, "segment": list(levels) * 100})
    assert infer_contract(open_table(table), name="bank").contract.outcome.levels == levels


@pytest.mark.parametrize(("yes", "asked"), [(49, True), (50, False)])
def test_a_draft_says_where_too_few_said_yes(yes: int, asked: bool) -> None:
    frame = churn(1_000).with_columns(Churn=pl.Series(["1"] * yes + ["0"] * (1_000 - yes)))
    doubt = infer_contract(open_table(frame), name="x").suspects.get("Churn", "")
    assert (f"only {yes} said yes" in doubt) is asked


def test_a_class_of_too_few_rows_is_asked_about_by_the_rule_that_refuses_it() -> None:
    frame = several_classes(300, 3)
    draft = infer_contract(open_table(frame), name="x")
    way = "take 'D' out of `levels` under [outcome] of the contract: the rows are then rejected as unknown_outcome, and counted"
    assert way in draft.suspects["segment"]
    with pytest.raises(DataError, match="Too few rows") as refusal:
        validate_reviewed(draft, frame)
    assert way in refusal.value.fix
    outcome = draft.contract.outcome
    without = draft.contract.model_copy(
        update={"outcome": outcome.model_copy(update={"levels": ("A", "B", "C")}), "reviewed": True}
    )
    assert validate(open_table(frame), without).ledger.reasons == {"unknown_outcome: segment": 3}
    assert "segment" not in infer_contract(open_table(several_classes(300, 10)), name="x").suspects


def test_whole_numbers_are_the_same_segments_from_a_file_and_from_a_frame(tmp_path: Path) -> None:
    numbers = several_classes(400, 90).select("age", segment=pl.Series([1.0, 2.0, 3.0, None] * 100))
    numbers.write_csv(tmp_path / "table.csv")
    drafts = [infer_contract(open_table(table), name="x") for table in (numbers, tmp_path / "table.csv")]
    for draft in drafts:
        assert draft.contract.outcome.levels == ("1", "2", "3")
        assert "no outcome and would be rejected: is their segment not known" in draft.suspects["segment"]


def test_thousands_are_levels_of_their_own() -> None:
    levels = ["1", "10", "500", "1,000", "10,000"]
    frame = several_classes(400, 90).select("age", segment=pl.Series(levels * 80))
    assert sorted(infer_contract(open_table(frame), name="x").contract.outcome.levels) == sorted(levels)


def test_a_refusal_says_which_outcomes_came_and_which_were_expected(tmp_path: Path) -> None:
    frame = several_classes(300, 30)
    draft = infer_contract(open_table(frame), name="x")
    frame.with_columns(segment="x" + pl.col("segment")).write_csv(tmp_path / "other.csv")
    with pytest.raises(
        DataError, match=r"unknown_outcome: segment, which is not A, B, C or D and reads xA, xB, xC, …"
    ) as caught:
        validate(open_table(tmp_path / "other.csv"), draft.contract.model_copy(update={"reviewed": True}))
    assert 'say so under [outcome] of the contract: words = { "WORD" = "LEVEL" }' in caught.value.fix


def test_an_answer_that_one_customer_gives_in_many_rows_is_not_quoted(tmp_path: Path) -> None:
    frame = several_classes(300, 30)
    known = infer_contract(open_table(frame), name="x").reviewed()
    own = pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("her own words")).otherwise("segment")
    frame.with_columns(segment=own, id=pl.lit("K1")).write_csv(tmp_path / "table.csv")
    without = tuple(column for column in known.columns if column.name != known.id_column)
    with pytest.raises(DataError, match="reads her own words"):
        validate(open_table(tmp_path / "table.csv"), Contract(name="x", outcome=known.outcome, columns=without))
    with pytest.raises(DataError, match="unknown_outcome") as refusal:
        validate(open_table(tmp_path / "table.csv"), known)
    assert "her own words" not in str(refusal.value)


def test_an_outcome_of_yes_alone_is_explained() -> None:
    frame = churn().with_columns(Churn=pl.when(pl.col("Churn") == "Yes").then("Churn"))
    empty = frame["Churn"].null_count()
    for outcome in (None, "Churn"):
        with pytest.raises(ContractError, match=f"'Churn' has 1 level, and {empty} of 400 rows have none") as caught:
            infer_contract(open_table(frame), name="x", outcome=outcome)
        assert caught.value.fix.startswith(
            "if no outcome means no, write no into one of these rows, draft again and set blank"
        )


def test_segments_that_a_prediction_has_written_are_the_last_choice_and_asked_about() -> None:
    segments = pl.Series([str("ABC"[i % 3]) for i in range(400)])
    frame = (
        churn()
        .drop("Churn")
        .with_columns(segment=segments, propensity=pl.int_range(400) / 400, result=segments.reverse())
    )
    assert infer_contract(open_table(frame), name="x").contract.outcome.column == "result"
    draft = infer_contract(open_table(frame.drop("result")), name="x")
    assert draft.contract.outcome.column == "segment"
    assert "`segmint predict` writes such a column" in draft.suspects["segment"]
    assert draft.sentence.startswith("outcome: 'segment' (guessed from its name); ")


def test_segments_beside_columns_of_yes_and_no_are_asked_about() -> None:
    frame = churn().rename({"Churn": "answer"}).with_columns(segment=pl.Series([str("ABC"[i % 3]) for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert "is one of yes and no the outcome (final_bill, answer)?" in draft.suspects["segment"]
    assert f"another is named{NAME_OUTCOME}" in draft.text
    assert NAME_OUTCOME in terms_in(draft.text)
    assert "segment" not in infer_contract(open_table(frame), name="x", outcome="segment").suspects
    assert not infer_contract(open_table(frame), name="x", outcome="segment").sentence.startswith("outcome")
