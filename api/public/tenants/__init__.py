"""Clients of the API and their keys, for those who administer them."""
