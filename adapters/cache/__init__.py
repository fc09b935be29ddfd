"""What processes share of what is newest, and of what clients have used: in this process, or in Redis."""
