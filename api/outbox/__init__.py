"""Events of matches for the clients' webhooks: recorded in the catalog first, sent from there."""
