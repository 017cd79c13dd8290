"""What is one problem: clustering, corrections, judgement, severity, summaries."""
