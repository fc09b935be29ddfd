"""The HTTP and WebSocket API: `intake` writes, `public` reads.

No game logic: responses are folded from the published topics or read from the store.
"""
