"""The steps of a fix run, one file each. A step may be done twice; its sandbox is always fresh."""
