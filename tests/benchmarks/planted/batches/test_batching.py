import pytest
from batching import batches, process


def test_even():
    assert batches([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]


def test_rest():
    assert batches([1, 2, 3], 2) == [[1, 2], [3]]


def test_nothing():
    assert batches([], 3) == []


def test_zero():
    with pytest.raises(ValueError):
        batches([1], 0)


def test_process():
    seen = []
    assert process("abcd", 3, seen.append) == 4
