"""Hosts that output says could not be reached, in the words of the tools that say it."""

import pytest

from bot.adapters.sandboxes.network import unreached
from bot.domain.ports import Blocked


@pytest.mark.parametrize(
    "said",
    [
        "curl: (6) Could not resolve host: a.example",
        "fatal: unable to access 'https://a.example/x/': Could not resolve host: a.example",
        "(Caused by NameResolutionError(\"<...>: Failed to resolve 'a.example' ([Errno -3] ...",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='a.example', port=443): Max",
        "npm error request to https://a.example/x failed, reason: getaddrinfo EAI_AGAIN a.example",
        "Error: connect ENETUNREACH a.example:443 - Local (0.0.0.0:0)",
        "Cannot connect to host a.example:443 ssl:default [Temporary failure in name resolution]",
        "dial tcp: lookup a.example on 192.0.2.1:53: dial udp 192.0.2.1:53: connect: network is",
        "W: Failed to fetch http://a.example/x  Temporary failure resolving 'a.example'",
        "wget: unable to resolve host address ‘a.example’",
        "bash: line 1: /dev/tcp/a.example/80: Network is unreachable",
    ],
)
def test_a_host_is_named(said):
    assert set(unreached(said)) == {"a.example"}


@pytest.mark.parametrize(
    "said",
    [
        "HTTPConnectionPool(host='localhost', port=5432): Max retries exceeded",
        "Cannot connect to host 127.0.0.1:6379",
        "a test of hosts: a.example",
        "Could not resolve host: ",
        "Could not resolve host: $(id)",
    ],
)
def test_nothing_is_named(said):
    assert unreached(said) == []


def test_what_is_named_stays_small():
    blocked = Blocked()
    for number in range(30):
        blocked = blocked.plus(1, [f"host-{number}", "host-0"])
    assert (blocked.attempts, len(blocked.hosts)) == (30, 20)
    assert len(unreached("Could not resolve host: " + "a" * 10_000)[0]) <= 253
