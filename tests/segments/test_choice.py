"""The count: two criteria propose, stability vetoes, rules must say it, the response decides."""

from dataclasses import replace

import numpy as np
import pytest

from segmint.segments.choice import NATURAL, NO_GROUPS, CountEvidence, choose_count, likelihood_ratio


def row(count, *, bic, icl, information, jaccard=0.9, smallest=0.1, fidelity=0.95, spread=None):
    return CountEvidence(count, bic, icl, information, smallest, jaccard, 0.9, fidelity, spread)


def test_where_both_criteria_agree_the_count_is_settled():
    choice = choose_count(
        (row(3, bic=5, icl=6, information=0.97, spread=90.0), row(4, bic=4, icl=5, information=1.0, spread=10.0)),
        structure=True,
    )
    assert (choice.count, choice.natural, choice.verdict) == (4, True, NATURAL)
    assert not choice.by_response


def test_between_equals_the_response_decides_and_unstable_ones_are_vetoed():
    rows = (
        row(3, bic=9, icl=1, information=1.0, spread=10.0),
        row(4, bic=8, icl=2, information=0.9, spread=30.0),
        row(5, bic=7, icl=3, information=0.8, spread=50.0, jaccard=0.7),
        row(6, bic=6, icl=4, information=0.7, spread=60.0, smallest=0.04),
    )
    choice = choose_count(rows, structure=True)
    assert choice.count == 4
    assert [row.verdict for row in choice.evidence] == ["passed over", "chosen", "unstable", "too small"]
    assert any("the response differs most" in reason for reason in choice.reasons)
    assert choice.by_response


def test_counts_are_listed_in_their_order():
    rows = (
        row(2, bic=9, icl=1, information=1.0, spread=60.0),
        row(3, bic=8, icl=2, information=0.9, spread=30.0),
        row(4, bic=7, icl=3, information=0.8, spread=10.0),
    )
    reasons = choose_count(rows, structure=True).reasons
    assert any(reason.startswith("Of 2, 3 and 4 segments, all stable, 2 is chosen") for reason in reasons)
    assert any(reason.endswith("leave open whether there are 2, 3 or 4 segments.") for reason in reasons)


def test_a_count_that_rules_can_say_goes_before_one_they_cannot():
    rows = (
        row(4, bic=9, icl=1, information=0.97),
        row(5, bic=8, icl=0, information=1.0, fidelity=0.8),
        row(6, bic=7, icl=3, information=0.9, fidelity=0.8),
    )
    assert choose_count(rows, structure=True).count == 4


def test_a_count_that_rules_say_by_chance_goes_behind_one_they_surely_say():
    rows = (
        row(4, bic=8, icl=2, information=0.97, fidelity=0.921),
        replace(row(5, bic=9, icl=1, information=1.0, fidelity=0.903), fidelity_error=0.0085),
    )
    assert choose_count(rows, structure=True).count == 4
    assert choose_count(rows[1:], structure=True).count == 5
    sure = (rows[0], replace(rows[1], fidelity_error=0.002))
    assert choose_count(sure, structure=True).count == 5


def test_without_structure_nothing_is_called_a_discovery():
    rows = tuple(row(count, bic=count, icl=count, information=0.0) for count in (2, 3, 4, 5))
    choice = choose_count(rows, structure=False)
    assert not choice.natural
    assert choice.verdict == NO_GROUPS
    assert choice.count >= 4


def test_when_nothing_comes_back_the_verdict_says_so():
    rows = tuple(row(count, bic=count, icl=-count, information=0.9, jaccard=0.5) for count in (3, 4, 5))
    choice = choose_count(rows, structure=True)
    assert not choice.natural
    assert "not a discovery" in choice.verdict
    assert "not every one comes back" in choice.reasons[1]
    assert "smallest" not in choice.reasons[1]


def test_a_count_with_too_small_a_segment_is_not_called_unstable():
    rows = (
        row(3, bic=9, icl=9, information=0.2, jaccard=0.99),
        row(4, bic=8, icl=8, information=0.6),
        row(5, bic=1, icl=1, information=1.0, smallest=0.03),
    )
    choice = choose_count(rows, structure=True)
    assert choice.count == 4
    assert "with 5 segments the smallest holds less than 5 % of the customers" in choice.reasons[1]
    assert "comes back" not in choice.reasons[1]
    nothing = choose_count(rows[::2], structure=True)
    assert "come back" not in nothing.verdict
    assert "not a discovery" in nothing.verdict


def test_what_comes_back_best_is_said_of_the_counts_that_were_compared():
    rows = tuple(
        row(count, bic=count, icl=count, information=0.0, jaccard=jaccard)
        for count, jaccard in ((2, 0.95), (3, 0.9), (4, 0.5), (5, 0.6))
    )
    choice = choose_count(rows, structure=False)
    assert choice.count == 5
    assert choice.reasons[-1] == (
        "Of 4 or 5 segments, 5 is taken, where the worst segment comes back best: Jaccard 0.60."
    )


def test_likelihood_ratio_equals_scipys():
    from scipy.stats import chi2_contingency

    table = np.array([[10.0, 20.0], [30.0, 5.0], [0.0, 0.0], [7.0, 9.0]])
    statistic, freedom = likelihood_ratio(table)
    theirs = chi2_contingency(table[[0, 1, 3]], correction=False, lambda_="log-likelihood")
    assert statistic == pytest.approx(theirs.statistic)
    assert freedom == theirs.dof
