"""Where vectors are kept: Upstash Vector, or files on this machine."""
