"""From a request to a handler and back: everything that is the same for every endpoint.

Outermost first: faults, recording, errors and headers, ETag, authentication and limits.
"""
