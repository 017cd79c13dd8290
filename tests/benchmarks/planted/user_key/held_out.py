from users import contact_line, register


def test_other():
    user = register({}, "Bo Li", "BO@x.y")
    assert contact_line(user) == "Bo Li <bo@x.y>"
