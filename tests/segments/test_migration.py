"""One wave beside an earlier one."""

import numpy as np
import polars as pl
import pytest

from segmint.segments.migration import changes_frame, compare_waves, migration_table, say_migration, share_changes

KEYS = ("1", "2")
NAMES = ("Retired savers", "Students")


def test_migration_counts_every_customer_once():
    table = migration_table(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), ("1", "2"), ("1", "2"))
    assert table.customers.tolist() == [[1, 1], [1, 2]]
    assert not table.told.any()
    before, after = np.repeat([0, 0, 1, 1], [503, 2, 96, 17]), np.repeat([0, 1, 1, 0], [503, 2, 96, 17])
    many = migration_table(before, after, KEYS, KEYS)
    assert many.told.tolist() == [[500, 0], [20, 100]]  # 503 of 505 would say that two went
    assert many.to_json()["customers"] == many.told.tolist()
    assert many.stayed == pytest.approx(600 / 618)  # of all, also of those who are not told
    assert many.frame()["customers"].to_list() == [500, 0, 20, 100]
    assert many.frame()["share"].to_list() == pytest.approx([500 / 505, 0, 20 / 113, 100 / 113])
    with pytest.raises(ValueError, match="must be the same"):
        migration_table(np.array([0]), np.array([0, 1]), ("1",), ("1",))


def test_shares_of_each_wave_add_up_and_only_a_sure_change_is_called_one():
    before = np.repeat([0, 1], [500, 500])
    same, other = np.repeat([0, 1], [260, 240]), np.repeat([0, 1], [700, 300])
    assert not any(change.surely for change in share_changes(before, same, KEYS))
    grown, shrunk = share_changes(before, other, KEYS)
    assert grown.surely
    assert shrunk.surely
    assert (grown.change, shrunk.change) == pytest.approx((0.2, -0.2))
    assert grown.low < 0.2 < grown.high
    frame = changes_frame((grown, shrunk))
    assert frame["after"].sum() == pytest.approx(1)
    assert frame["customers_after"].to_list() == [700, 300]


@pytest.mark.parametrize("size", [10, 30, 1_000])
def test_a_wave_of_the_same_customers_seldom_surely_changes(size):
    draw, keys = np.random.default_rng(size), ("1", "2", "3", "4")
    waves = [(draw.choice(4, count, p=[0.4, 0.3, 0.2, 0.1]) for count in (5_000, size)) for _ in range(300)]
    sure = [any(change.surely for change in share_changes(*wave, keys)) for wave in waves]
    assert np.mean(sure) <= 0.08


def test_a_wave_is_said_in_sentences():
    before, after = np.repeat([0, 1], [500, 500]), np.repeat([0, 1, 1], [400, 100, 500])
    changes = share_changes(before, after, KEYS)
    said = say_migration(changes, migration_table(before, after, KEYS, KEYS), NAMES, known="")
    assert said[0].startswith("1,000 customers are in both waves; about 900 of them (90 %) stayed in their segment.")
    assert said[1] == "About 100 went from 1 Retired savers to 2 Students: 20 % of those who were there."
    assert any(line.startswith("2 Students grew from 50.0 % to 60.0 %") for line in said)


def test_without_known_customers_only_shares_are_compared():
    same = np.repeat([0, 1], [500, 500])
    said = say_migration(share_changes(same, same, KEYS), None, NAMES, known="Nobody is recognised.")
    assert said == ("Nobody is recognised.", "No segment's share of the customers surely changed.")


def test_the_last_row_of_a_customer_counts_and_who_has_no_id_is_of_the_shares_alone() -> None:
    before = pl.DataFrame({"customer": ["7 ", "7", "8", None], "segment_key": ["a", "b", "a", "a"]})
    now = pl.DataFrame({"customer": ["7", "8", "9"], "segment_key": ["b", "b", "a"]})
    found = compare_waves(before, now, ["a", "b"], by_id=True)
    assert found.migration is not None
    assert found.migration.customers.tolist() == [[0, 1], [0, 1]]
    assert found.frame()["customers_before"].to_list() == [2, 1]
    assert list(found.to_json(["A", "B"])) == ["names", "shares", "migration", "sentences"]
    unknown = compare_waves(before, now, ["a", "b"], by_id=False)
    assert unknown.migration is None
    assert unknown.frame()["customers_before"].to_list() == [3, 1]
    assert unknown.to_json(["A", "B"])["sentences"][0].startswith("The contract names no id column")
    strangers = compare_waves(before, now.tail(1), ["a", "b"], by_id=True)
    assert strangers.to_json(["A", "B"])["sentences"][0].startswith("No customer is in both waves")


def test_customers_whose_ids_lost_the_zeros_before_them_are_in_both_waves_and_it_is_said() -> None:
    before = pl.DataFrame({"customer": ["0017", "0018", "0019"], "segment_key": ["a", "b", "a"]})
    now = pl.DataFrame({"customer": ["17", "18", "20"], "segment_key": ["b", "b", "a"]})
    found = compare_waves(before, now, ["a", "b"], by_id=True)
    assert found.migration is not None
    assert found.migration.customers.tolist() == [[0, 1], [0, 1]]
    met, both, *_ = found.to_json(["A", "B"])["sentences"]
    assert met == "2 customers were matched although the ids differ by zeros before them or by capitals."
    assert both.startswith("2 customers are in both waves")
    assert not compare_waves(before, before, ["a", "b"], by_id=True).matched
