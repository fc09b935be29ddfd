"""The newest states and predictions and the clients' usage counts, kept in this process or shared through Redis."""
