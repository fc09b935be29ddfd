"""What happens in a match, told to the webhooks of clients: noted in the catalog first, sent from there."""
