"""Prose is no example: nothing in it is taken for a call or a value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from test_reproduction import offered

SENTENCES = """
The total is wrong.
The first total is 5, I expected 3 items.
I get 2 lines instead of 3 lines.
Since version 1.4 the first page is empty.
It should be possible to call total without a tax.
I expected a list but got an error.
The Get button is grey, it should be green.
Expected Get, got Post.
It returns The Wrong Thing.
In 2.0 it was fine, in 2.1 it is not.
Please see (the docs) for what is expected.
`total()` is broken.
`first()` should return something useful.
`total` should raise an error, I think.
`slug` raises ValueError since yesterday.
I think `Cart` is at fault.
The result of `total()` is 5 times too large.
`greeting()` gives the "wrong" name.
first() returned 3 of them, expected 4 of them.
I would expect total() to be faster, it is 10 % slower.
Calling total takes 3 seconds instead of 1 second.
It crashes with a TypeError now and then.
There is a KeyError in the log: KeyError: 'name'.
We saw ValueError, TypeError and IndexError.
Could this be None?
This is not True any more.
It is true that we have 3 servers.
What is the expected value? I do not know.
See [1] and [2] for the expected behaviour.
As reported in #12, the answer is 42.
The answer is 42.
Expected: it works.
Actual: it does not.
Expected: a discount of 5 %.
Actual: no discount at all.
**Expected behavior** The cart is empty.
**Actual behavior** The cart has 3 lines.
Got: nothing. Want: everything.
Python 3.11.4, Linux 6.1, shop 0.9.
Steps: 1. open the page 2. click 'Buy' 3. see the error.
I was told to try `pip install shop==1.2`, which gave "no such version".
When I set `tax` to `0.19` the page shows `NaN`.
`LIMIT` is 10, it should be 20.
Running it on 5 machines gives 5 different answers.
The docs say that an empty list is fine.
An empty list is what I get when the network is down.
My colleague says it should return None.
Nobody expects 'this'.
He said "it should be 'fixed' in 1.3" last week.
I want (but do not need) a total with tax.
The title should be "Your cart" rather than "Cart".
We expected 100 orders, got 99 orders.
It returned -1 once, never again.
I set the limit to 10 and it became 100.
A total of 0 should not be shown.
Is it a bug that 0.1 + 0.2 is not 0.3?
The mail says "Dear None," instead of "Dear Ana,".
It hangs for ever when I open two carts.
The page never comes back after the first click.
It loops forever, I had to kill it.
Expected `Get`, got `Post`.
The status should be `open`, not `closed`.
`cart` is None.
`a` or `b`? Both are `1`.
I ran `python -V` and it printed `Python 3.11.4`.
When total is called with a coupon it is wrong.
I called first with my own list and it failed.
Using slug on titles is slow.
Passing a name to greeting does nothing.
The second argument of total is ignored.
total(...) is ignored, expected 3.
`total(items, tax)` should be 3.
`first(my_list)` returns None, expected 1.
`total(x)` is 5, must be 6.
`greeting(name)` returns "Hello name".
It gives ['a', ...] instead of ['a', 'b', ...].
Totals are off by 1.
The price was 3.50, now it is 3.5.
Thanks for the great work!
I can send a patch if you tell me where.
My config is {'tax': 0.19}, what is yours?
The error is (2006, 'gone away').
That makes 3. Expected: 4.
""".strip().splitlines()  # fmt: skip

# They name a call that could be made, and no value. What stands beside them may be about it.
ASKING = """
`Cart()` is slow, expected 3 seconds.
`Cart().total()` is 3 lines long, should be 2 lines.
`Cart().total()` prints Total, expected Get.
`Cart().total()` should be Get.
`Cart().total()` is called twice, expected 3 calls.
`Cart().total()` was fine in 1.3, expected no change.
`Cart().total()` was 3 before, I think.
`Cart().total()` should not be 3.
`Cart().total()` is not 3 times faster.
I call `Cart().total()`. The page should be 'wide'.
With `Cart().total()` the button should be `green`.
`Cart().total()` should be documented (see 3).
`Cart().total()` used to return quickly, 3 seconds at most.
If it returned 3, `Cart().total()` would be fine.
`Cart().total()` should work in version 3.
`Cart().total()` should be in the API, expected in 2.0 at the latest.
`Cart().total()` gives ["a", ...], expected ["a", "b", ...].
`Cart().total()` should be `str`.
`Cart().total()` should be a `Line`.
`Cart().total()` should be `int`, it is `float`.
`Cart().total()` is deprecated since 1.0.
Actual result: 3
Expected result: 4
""".strip().splitlines()  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES + ASKING)
def test_a_sentence_is_no_example(sentence):
    assert offered(sentence) == []
    assert offered("", title=sentence) == []


@given(
    st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=8),
    st.sampled_from([" ", "\n", "\n\n"]),
)
@examples(150)
def test_nor_are_many(sentences, between):
    assert offered(between.join(sentences)) == []


@given(st.text(max_size=300))
@examples(100)
def test_nor_is_any_text(text):
    # the functions' own names aside, there is nothing that anybody could mean to call
    if not re.search(r"\b(total|first|slug|greeting|Cart|Line|main)\b", text):
        assert offered(text) == []
