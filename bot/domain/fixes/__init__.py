"""Plans, runs, proofs and versions of a fix; patches and what may be in them."""
