"""Titles as parts of addresses."""

import re


def slugify(title, limit=40):
    """Lower-case words joined by dashes, at most ``limit`` characters."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    slug = "-".join(words)
    if len(slug) > limit:
        slug = slug[:limit].rstrip("-")
    return slug


def unique(slug, taken):
    """``slug``, with a number behind it when it is taken."""
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"
