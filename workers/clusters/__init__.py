"""Items become clusters, and what is said about a cluster stays true."""
