"""Reports come in: drafts become items, projects are kept what GitHub says they are."""
