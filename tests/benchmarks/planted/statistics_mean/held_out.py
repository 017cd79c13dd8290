from stats import mean


def test_mean():
    assert mean([1, 2, 3, 4]) == 2.5
    assert mean([0.5, 1.0]) == 0.75
    assert mean([-1, 0]) == -0.5
