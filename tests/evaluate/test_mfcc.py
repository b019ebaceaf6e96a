"""The MFCC baseline."""

import numpy as np

from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, MfccStatistics, mfcc_statistics
from support.music import tune


def test_the_same_sound_has_the_same_statistics_whatever_its_gain_but_for_the_first() -> None:
    samples = tune(1, seconds=4, rate=SAMPLE_RATE_HZ)
    loud, soft = mfcc_statistics(samples), mfcc_statistics(samples / np.float32(2))
    assert loud.shape == (MfccStatistics.id.dim,)
    assert np.isfinite(loud).all()
    assert np.allclose(loud[1:], soft[1:], atol=0.5)
    assert loud[0] > soft[0] + 10
    assert not np.allclose(loud, mfcc_statistics(tune(2, seconds=4, rate=SAMPLE_RATE_HZ)), atol=5)


def test_it_stands_in_for_a_network_that_hears_no_tags() -> None:
    clips = [mfcc_statistics(tune(n, seconds=3, rate=SAMPLE_RATE_HZ)) for n in (1, 2)]
    vectors, tags = MfccStatistics().embed(clips)
    assert np.array_equal(vectors, np.stack(clips))
    assert tags.shape == (2, 0)
