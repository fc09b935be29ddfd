"""Benchmarks: each measures one load beside a baseline of the same run, on the same machine, in the same minutes."""
