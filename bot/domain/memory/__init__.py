"""What is remembered of a project, and how a question is answered from it and its reports."""
