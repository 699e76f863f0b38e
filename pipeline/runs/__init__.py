"""What is out of date, what runs it, when it starts by itself, and what is said of it."""
