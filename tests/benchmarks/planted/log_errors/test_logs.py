from logs import errors, summary

LINES = ["10:00 ERROR disk full", "10:01 INFO retry", "10:02 ERROR disk still full"]


def test_errors():
    assert errors(LINES[:1]) == ["disk full"]
    assert errors(LINES) == ["disk full", "disk still full"]


def test_summary():
    assert summary(LINES) == {"ERROR": 2, "INFO": 1}
