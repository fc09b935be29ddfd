"""The sandbox: a simulated match for one client, with faults on demand, to test the client with."""
