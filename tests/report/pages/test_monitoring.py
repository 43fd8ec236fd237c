"""The page of a wave held against training: what nobody knows is not shown as if it had been measured."""

from __future__ import annotations

from segmint.report.pages.monitoring import _headline, _in_training


def test_what_training_does_not_say_is_called_unknown() -> None:
    estimated = {"rate": 0.1, "rate_in_training": 0.1, "auc": 0.7, "auc_in_training": None}
    *_, auc = _headline({"alarms": [], "estimated": estimated, "realised": None})
    assert auc == ("Estimated ROC AUC", "0.70", "not known for training")
    assert _in_training(1.0) == "in training 1.00"


def test_what_is_promised_stands_beside_what_was_promised_in_training() -> None:
    estimated = {"rate": 0.109, "rate_in_training": 0.115, "auc": 0.7, "auc_in_training": None}
    _, told, _ = _headline({"alarms": [], "estimated": estimated, "realised": None})
    assert told[2] == "in training 11.5 % said yes"
    known = estimated | {"promised_in_training": 0.106}
    _, told, _ = _headline({"alarms": [], "estimated": known, "realised": None})
    assert told[2] == "in training 10.6 % were promised and 11.5 % said yes"


def test_beside_what_came_stands_what_the_same_customers_were_promised() -> None:
    estimated = {"rate": 0.202, "rate_in_training": 0.115, "auc": 0.7, "auc_in_training": None}
    realised = {"promised": 0.506, "observed": 0.507, "customers": 742}
    _, promised, _, observed = _headline({"alarms": [], "estimated": estimated, "realised": realised})
    assert promised[:2] == ("Promised response rate", "50.6 %")
    assert promised[2].startswith("to the 742 who answered; 20.2 % to all, in training")
    assert observed == ("Observed response rate", "50.7 %", "of the 742 who answered")
