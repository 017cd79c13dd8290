"""Files that are imported: how they are received, over HTTP and from the shell."""
