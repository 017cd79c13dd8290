from thread import Comment, depth


def test_depths():
    chain = Comment("0")
    for number in range(1, 7):
        chain = Comment(str(number), [chain])
        assert depth(chain) == number + 1


def test_two():
    assert depth(Comment("a", [Comment("b"), Comment("c")])) == 2
