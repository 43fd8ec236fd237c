"""K-means on mixed columns gives the same kind of solution as the mixtures."""

import numpy as np

from segmint.segments.coding import encode, learn_coding
from segmint.segments.inputs import as_inputs
from segmint.segments.kmeans import k_means
from segmint.segments.mixture import Mixture, statistics
from segmint.segments.stability import adjusted_rand

from .planted import planted


def test_the_stored_weights_assign_every_customer_to_the_nearest_centre():
    frame, truth = planted(8, 3, rows=1_500)
    inputs = as_inputs(frame)
    design = encode(learn_coding(inputs, bands=False), inputs.frame)
    mixture = Mixture(statistics(design), design.sizes)
    solution = k_means(mixture, 3, np.random.default_rng(0))
    by_weights = (mixture.rows @ solution.weights + solution.log_shares).argmax(axis=1)
    assert (by_weights == solution.responsibilities.argmax(axis=0)).all()
    assert adjusted_rand(truth, by_weights) > 0.5
    np.testing.assert_allclose(solution.responsibilities.sum(axis=0), 1, rtol=1e-5)
