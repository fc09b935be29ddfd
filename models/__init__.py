"""The win-probability model: fit, judge, keep, apply.

No transport and no storage beyond the champion folder; features come from the game package alone.
"""
