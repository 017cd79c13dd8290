import pytest
from account import Account, NotEnough


def test_beyond_credit():
    account = Account(10, credit=5)
    with pytest.raises(NotEnough):
        account.withdraw(16)
    assert account.history == []


def test_within():
    account = Account(0, credit=100)
    account.withdraw(100)
    assert account.balance == -100
