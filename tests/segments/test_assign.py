"""Assigning needs the state only: no scikit-learn, no StepMix."""

import subprocess
import sys

import polars as pl

from segmint.segments.assign import CHUNK, assign_segments


def test_assigning_loads_no_training_library():
    code = (
        "import sys; import segmint.segments.assign; "
        "print([name for name in ('sklearn', 'stepmix', 'pandas', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_customer_is_assigned_alike_alone_and_among_many(campaign, found):
    frame = campaign.frame
    many = pl.concat([frame] * (CHUNK // frame.height + 2))
    labels, _ = assign_segments(found.state, many)
    assert (labels[-frame.height :] == found.labels).all()
    alone, _ = assign_segments(found.state, frame[5:6])
    assert alone[0] == found.labels[5]


def test_a_customer_of_whom_nothing_is_known_goes_by_size(campaign, found):
    empty = campaign.frame[:1].select(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in campaign.frame.schema.items()
    )
    labels, probabilities = assign_segments(found.state, empty)
    assert labels[0] == 0
    assert probabilities[0].max() < 0.9
