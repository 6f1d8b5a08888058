"""A hop costs no more of the processor than a stored number of times a bare Flask view with two trips to Valkey."""

from bench.band import BAND, measure


def test_a_hop_stays_within_its_band_of_the_yardstick():
    found = measure()
    assert set(found) == set(BAND)
    assert {name: round(ratio, 2) for name, ratio in found.items() if ratio > BAND[name]} == {}
