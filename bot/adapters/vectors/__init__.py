"""Where vectors are kept: Upstash Vector, or a file on this machine."""
