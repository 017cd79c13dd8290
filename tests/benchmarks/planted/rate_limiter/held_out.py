from limiter import RateLimiter


def test_wait_after_calls():
    limiter = RateLimiter(2, 10)
    limiter.allow(1)
    limiter.allow(4)
    assert limiter.wait(5) == 6


def test_refused_calls_do_not_count():
    limiter = RateLimiter(1, 10)
    limiter.allow(0)
    for moment in range(1, 10):
        assert not limiter.allow(moment)
    assert limiter.allow(10)
    assert limiter.refused == 9
