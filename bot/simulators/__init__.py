"""GitHub and Slack as they behave on the wire, for the demo and the tests.

**Invariant:** a simulator speaks its vendor's protocol over HTTP and nothing else: the product
reaches it by a base URL and can't tell. It knows the vendor's rules, none of ours. What a human
does in the vendor's own pages is under ``/_sim/``, where no product code ever goes.
"""
