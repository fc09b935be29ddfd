"""A client of the API: questions over REST and GraphQL, and the live feed followed through cuts."""
