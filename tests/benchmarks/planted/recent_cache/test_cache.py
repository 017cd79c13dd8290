from cache import RecentCache


def test_put_get():
    cache = RecentCache(2)
    cache.put("a", 1)
    assert cache.get("a") == 1
    assert cache.get("b") is None


def test_oldest_goes():
    cache = RecentCache(2)
    for key in "abc":
        cache.put(key, key)
    assert cache.get("a") is None
    assert cache.get("b") == "b"


def test_replace():
    cache = RecentCache(1)
    cache.put("a", 1)
    cache.put("a", 2)
    assert cache.get("a") == 2
