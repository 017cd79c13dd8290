import unittest

from limiter import RateLimiter


class LimiterTest(unittest.TestCase):
    def test_first_call(self):
        self.assertTrue(RateLimiter(1, 10).allow(0))

    def test_limit(self):
        limiter = RateLimiter(2, 10)
        self.assertEqual([limiter.allow(t) for t in (0, 1, 2)], [True, True, False])
        self.assertEqual(limiter.refused, 1)

    def test_window(self):
        limiter = RateLimiter(1, 10)
        limiter.allow(0)
        self.assertTrue(limiter.allow(10))

    def test_wait(self):
        limiter = RateLimiter(1, 10)
        self.assertEqual(limiter.wait(0), 0)
