"""What the clock asks for: what is due, overdue or left behind."""
