import unittest

from years import days_in_year, is_leap


class YearsTest(unittest.TestCase):
    def test_common(self):
        self.assertFalse(is_leap(2023))
        self.assertFalse(is_leap(1900))

    def test_leap(self):
        self.assertTrue(is_leap(2024))

    def test_four_hundred(self):
        self.assertTrue(is_leap(2000))

    def test_days(self):
        self.assertEqual(days_in_year(2023), 365)
