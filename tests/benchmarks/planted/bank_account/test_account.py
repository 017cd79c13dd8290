import pytest
from account import Account, NotEnough


def test_deposit():
    account = Account()
    account.deposit(5)
    assert account.balance == 5


def test_withdraw():
    account = Account(10)
    account.withdraw(4)
    assert account.balance == 6
    with pytest.raises(NotEnough):
        account.withdraw(7)


def test_credit():
    account = Account(10, credit=5)
    account.withdraw(15)
    assert account.balance == -5


def test_turnover():
    account = Account()
    account.deposit(5)
    account.withdraw(2)
    assert account.turnover() == 7
