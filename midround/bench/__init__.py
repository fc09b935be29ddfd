"""Benchmarks: each measures one load beside a baseline, in the same run, on the same machine, within minutes."""
