"""Why GitHub could not deliver a webhook, by kind, and the one thing that mends each.
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks"""

import re

NOT_FOUND = "failed to connect to host"
# By what GitHub says; where it had no answer, the code after that is one it made up itself.
_KINDS = (
    (NOT_FOUND, "the name is not found, or a network keeps GitHub out",
     "point the name to this server in DNS, and let GitHub's addresses in"),
    ("failed to connect", "the connection is refused",
     "start the proxy or tunnel there, and let GitHub's addresses in"),
    ("timed out|timeout", "no answer in time", "lead the proxy or tunnel to this server's port"),
    ("certificate|ssl|tls|x509", "TLS: GitHub does not trust the certificate",
     "send the whole chain of a certificate that browsers trust"),
    ("401$", "the signature is refused",
     "give the app's settings on GitHub the secret of GITHUB_WEBHOOK_SECRET"),
    ("404$|405$", "somebody else answers there",
     "let the address end in /github/webhook of this server"),
    (r"\b3\d\d$", "it leads elsewhere, where GitHub does not follow",
     "write the address it leads to into the app's settings"),
    ("50[234]$", "the proxy finds no server behind it",
     "start `soulcaster web`, and lead the proxy to its port"),
    (r"\b5\d\d$", "the server fails", "look into the log of `soulcaster web`"),
    ("", "it is refused", "look at what answers there"),
)  # fmt: skip


def why_undelivered(status: str, code: int) -> tuple[str, str]:
    """What happened, and what mends it, of a delivery's ``status`` and ``status_code``."""
    said = f"{status} {code}"
    what, mend = next(k[1:] for k in _KINDS if re.search(k[0], said, re.IGNORECASE))
    return f"{what} ({status})", mend
