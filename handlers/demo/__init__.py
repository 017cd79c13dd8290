"""The demo: a small shop, its people, and a bad morning of reports. Nothing leaves this machine."""
