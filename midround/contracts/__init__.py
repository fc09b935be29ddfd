"""The contracts with those outside, as files: what they say, and whether a change would break somebody."""
