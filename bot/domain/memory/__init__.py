"""What is known of a project, and how a question is answered from it and nothing else."""
