"""What a running process needs besides the books: settings, the clock, logging, metrics."""
