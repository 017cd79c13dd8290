from thread import Comment, count, depth, texts

THREAD = Comment("a", [Comment("b"), Comment("c", [Comment("d")])])


def test_depth():
    assert depth(Comment("a")) == 1
    assert depth(THREAD) == 3


def test_count():
    assert count(THREAD) == 4


def test_texts():
    assert list(texts(THREAD)) == ["a", "b", "c", "d"]
