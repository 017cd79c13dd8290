from ticket import fare


def test_every_age():
    for age in range(0, 100):
        expected = 0 if age < 6 else 300 if age >= 65 else 600
        assert fare(age, 4) == expected
