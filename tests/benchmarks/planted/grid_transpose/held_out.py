from grid import transpose


def test_wide():
    assert transpose([[1, 2, 3]]) == [[1], [2], [3]]


def test_tall():
    assert transpose([[1], [2]]) == [[1, 2]]
