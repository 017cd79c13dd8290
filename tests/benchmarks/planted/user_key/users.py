"""Accounts by address."""


def register(store, name, email):
    key = email.strip().lower()
    if key in store:
        raise ValueError(f"{email} is taken")
    store[key] = {"name": name, "email": key, "visits": 0}
    return store[key]


def contact_line(user):
    """How a mail to the user is addressed."""
    return f"{user['name']} <{user['mail']}>"


def visit(store, email):
    user = store[email.strip().lower()]
    user["visits"] += 1
    return user["visits"]
