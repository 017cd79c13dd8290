from batching import batches


def test_single():
    assert batches([1], 5) == [[1]]
    assert batches([1, 2, 3, 4, 5, 6, 7], 3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert batches([1, 2], 1) == [[1], [2]]
