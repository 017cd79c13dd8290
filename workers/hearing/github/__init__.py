"""What happens on GitHub: one router a file, merged in ``deliveries`` by name."""
