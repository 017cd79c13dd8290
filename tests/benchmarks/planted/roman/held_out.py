from roman import from_roman, to_roman


def test_there_and_back():
    for number in range(1, 400):
        assert from_roman(to_roman(number)) == number
