"""Messages from templates."""

import re

SLOT = re.compile(r"{(\w+)}")


def slots(template):
    return SLOT.findall(template)


def render(template, values):
    """Fill the slots; unknown ones stay empty."""
    for name in slots(template):
        template = template.replace("{" + name + "}", values.get(name, ""))
    return template


def greeting(customer):
    """Dear first name, or Dear customer when we do not know it."""
    return "Dear " + customer["name"].split()[0]
