"""Webhooks: clients' URLs that receive events."""
