from shipping import postage


def test_others():
    assert postage(0, "domestic", base=0) == 100
    assert postage(10, "europe", base=100, packing=0) == 1300
