"""The sandbox: a match of a client's own, with faults on demand, to try a client on."""
