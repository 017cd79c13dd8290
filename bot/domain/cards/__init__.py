"""What people read: cards, and a view of each thing that is shown."""
