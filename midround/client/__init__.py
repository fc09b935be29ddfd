"""A client of the API: REST and GraphQL requests, and the live feed, resumed after disconnects."""
