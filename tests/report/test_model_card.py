"""The model card says what an auditor asks: how sure each figure is, of what it is, and how sensitive groups fare."""

from __future__ import annotations

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.report.model_card import model_card

CONTRACT = Contract(
    name="small",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes", label="said yes"),
    columns=(Column(name="sex", kind="category", role="characteristic", label="sex", sensitive=True),),
)
NETWORK = {"inputs": 2, "layers": [{"type": "Dense", "units": 1, "activation": "linear"}]}
QUALITY = [{"metric": "roc_auc", "value": 0.75, "low": 0.7, "high": 0.8, "folds": 5, "rows": 200}]
ROW = {
    "group": "everyone", "customers": 200, "rows": 200, "rate": 0.25, "rate_low": 0.2, "rate_high": 0.3, "mean_propensity": 0.26,
    "roc_auc": None, "roc_auc_low": None, "roc_auc_high": None, "predicted": 0.2, "predicted_low": 0.1, "predicted_high": 0.3,
    "missed": 0.4, "missed_low": 0.3, "missed_high": 0.5, "apart": [],
}  # fmt: skip

CORRECTION = {"applied": True, "before": {"log_loss": 0.3404}, "after": {"log_loss": 0.33951}}
RECEIPT = {
    "fingerprint": "sha256:00ff",
    "set_aside": [{"column": "duration", "label": "duration", "known": "after_call"}],
    "not_in_contract": ["shoe | size"],
}
LEDGER = {"rejected": 7, "reasons": {"unknown_level: sex": 2, "not_a_number: age": 5}, "receipt": RECEIPT}
MADE = {"recipe": "fast", "seed": 3, "version": "0.1.0"}


def card(**changes):
    rows = [ROW, ROW | {"group": "f | <b>\nx"}, ROW | {"group": "m"}]
    by_group = {
        "task": "response",
        "columns": [{"column": "sex", "label": "sex", "rows": rows}],
        "sentences": ["No group."],
    }
    told = {
        "made": MADE,
        "taught": "No teacher.",
        "learned": "all 200 rows but 20",
        "threshold": 0.2,
        "quality": QUALITY,
        "repeats": 100,
        "by_group": by_group,
        "note": "",
        "meaning": "On this table our network is the model to use.",
        "behind": "The network has not caught up with its teacher.",
        "correction": CORRECTION,
    }
    ledger = changes.pop("ledger", LEDGER)
    return model_card(CONTRACT, "planning", {"no": 150, "yes": 50}, ledger, NETWORK, **(told | changes))


def test_each_figure_has_its_interval_and_says_of_what_it_is():
    text = card()
    assert "| ROC AUC | 0.7500 | 0.7000 to 0.8000 |" in text
    assert "is the model to use.\n\nThe network has not caught up with its teacher.\n\n" in text
    assert "200 rows in 5 folds, each judged by a network that learned from the other folds only" in text
    assert "not of the delivered network" in text
    assert "no 150 (75.0 %), yes 50 (25.0 %)" in text
    assert "yes is predicted from a propensity of 0.2000 on, where F1 is best on all rows kept apart" in text
    assert "best F1 on the other folds" in text
    assert "**Learned from**: all 200 rows but 20." in text


def test_figures_before_the_correction_of_the_bundle_say_so():
    said = "before the correction that the bundle adds: with it, on rows that did not teach it, the network's log loss goes from 0.3404 to 0.3395."
    assert said in card()
    assert "On this table our network is the model to use." in card()
    assert "correction" not in card(correction=CORRECTION | {"applied": False})


def test_what_taught_the_network_and_what_it_was_made_from_can_be_audited():
    text = card()
    assert (
        "version 1; 7 more were rejected. The table's\nfingerprint is `sha256:00ff`. By segmint 0.1.0 with the seed 3."
        in text
    )
    assert "- **Taught by the recipe** `fast`: No teacher.\n" in text


def test_groups_stand_in_a_table_that_no_level_can_break():
    text = card()
    assert "| everyone | 200 | 25.0 % (20.0 to 30.0 %) | 26.0 % | – |" in text
    assert "| f \\| &lt;b> x | 200 |" in text
    assert "- No group." in text


def test_a_search_is_judged_on_one_part_by_a_threshold_from_inner_rows():
    text = card(quality=[QUALITY[0] | {"folds": 1}])
    assert "200 rows, judged by a network that learned from the others only" in text
    assert "best F1 on rows that told its training when to stop" in text


def test_what_was_not_measured_is_said_with_how_to():
    text = card(quality=[], by_group=None)
    assert (
        text.count("Not measured on rows kept apart: the run compared nothing. To measure it, run the same without")
        == 2
    )
    assert "where F1 is best on the rows that told its training when to stop" in text


def test_a_test_table_is_judged_after_the_card_is_sealed_with_or_without_a_comparison():
    for text in (card(), card(quality=[], by_group=None)):
        assert "was judged after this card was sealed: see `test.json` of the run" in text


def test_a_contract_without_sensitive_columns_says_so():
    assert "The contract `small` marks no column of the table as sensitive." in card(by_group=None)


def test_the_card_says_what_it_is_for_by_what_it_predicts():
    assert "how\nlikely a contacted customer is to say yes" in card()
    outcome = Outcome(column="y", kind="assignment", levels=("A", "B", "C"), label="segment")
    known = model_card(
        CONTRACT.model_copy(update={"outcome": outcome}), "planning", {"A": 50, "B": 90, "C": 60}, LEDGER, NETWORK,
        made=MADE, taught="", learned="all", threshold=None, quality=[], repeats=0, by_group=None, note="",
        meaning="", behind="", correction=None,
    )  # fmt: skip
    assert "For putting customers into known segments" in known
    assert "positive" not in known
    for belied in ("propensity", "contact", "say yes"):
        assert belied not in known


def test_the_positive_level_and_its_rate_are_told():
    assert "- **The positive one is** yes: 50 of 200 rows, a rate of 25.0 %.\n- **Uses" in card()


def test_what_taught_nothing_is_told_with_the_reason_and_without_a_value():
    text = card()
    assert (
        "| why rows were rejected | rows |\n| --- | --- |\n| not a number: age | 5 |\n| unknown level: sex | 2 |\n"
        in text
    )
    assert "| duration | known only after the call |\n| shoe \\| size | not in the contract |" in text
    clean = card(ledger={"rejected": 0, "reasons": {}, "receipt": {"fingerprint": "sha256:00ff"}})
    assert "No row was rejected.\n\nNo column was set aside." in clean


SEGMENT = {"key": "1", "name": "Young | bold", "share": 0.625, "jaccard": 0.81, "trust": "stable"}
SEGMENTS = {
    "state": {"method": "latent-class"},
    "choice": {"verdict": "They come back.", "reasons": ["Two are best."]},
    "stability": {"resamples": 50},
    "segments": [SEGMENT, SEGMENT | {"key": "2", "name": "2", "share": 0.375, "jaccard": 0.5, "trust": "unstable"}],
    "gates_missed": ["Segment 2 comes back with Jaccard 0.50, below 0.75."],
}


def test_segments_are_told_with_shares_how_they_were_chosen_and_how_surely_they_come_back():
    text = card(segments=SEGMENTS)
    assert "2 segments, found by the method `latent-class`. They come back. Two are best." in text
    assert "a Jaccard on 50 resamples; from 0.75 on it is stable" in text
    assert "| 1 Young \\| bold | 62.5 % | 0.81, stable |\n| 2 | 37.5 % | 0.50, unstable |" in text
    assert "\n- Segment 2 comes back with Jaccard 0.50, below 0.75.\n" in text
    assert "look at the flags of a customer first" in text
    assert "segment chosen without it" not in text
    assert "## Segments" not in card()


def test_the_flag_of_a_tree_is_explained():
    assert "`...: segment chosen without it`" in card(segments=SEGMENTS | {"state": {"method": "tree"}})


def test_segments_that_the_table_names_are_no_discovery():
    known = [SEGMENT | {"key": key, "name": key, "jaccard": None, "trust": None} for key in "AB"]
    told = {"state": None, "choice": None, "stability": None, "segments": known, "gates_missed": []}
    text = card(segments=told)
    assert "2 segments, as the table names them; the network puts new customers into them." in text
    assert "| B | 62.5 % | – |\n\n## Use" in text
