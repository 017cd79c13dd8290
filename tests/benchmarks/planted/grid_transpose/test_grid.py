from grid import column_sums, size, transpose


def test_size():
    assert size([[1, 2, 3]]) == (1, 3)
    assert size([]) == (0, 0)


def test_transpose():
    assert transpose([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]


def test_sums():
    assert column_sums([[1, 1], [2, 2]]) == [3, 3]
