"""The live feed over WebSocket and Server-Sent Events."""
