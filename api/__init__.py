"""The HTTP and WebSocket surface: intake writes, public reads.

No game logic: what is served is folded from the published topics or read from the store.
"""
