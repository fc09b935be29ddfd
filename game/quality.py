"""The rules whose breach is published as a `Quality` fact, each with its meaning for a reader.

Belongs here: ids and meanings. Does not belong here: detecting a breach (`game.transitions`).
"""

from game.facts import Quality

RULES: dict[str, str] = {
    "joined_midway": "the first event of the map was not its start: what came before is unknown",
    "restore_inferred": "round or score went back without a message: earlier facts were withdrawn",
    "rounds_missing": "a round number was skipped",
    "round_repeated": "a round that was not decided began again: its facts were withdrawn",
    "score_mismatch": "the source's score is not the sum of the rounds; the source's is taken",
    "side_mismatch": "the source's side is not the one that the rules give; the source's is taken",
    "winner_mismatch": "the winning team is not the side's, or not the map's as decided: side and source are taken",
    "round_without_winner": "a round ended and nobody said who won",
    "round_not_running": "an event of a round where it does not run; it is not counted",
    "round_ended_twice": "a decided round ended again",
    "round_begun_twice": "the start of a round that was begun before, told late; it is not counted",
    "going_back_late": "a restart, restore or void of before the running round, told late; it is not counted",
    "round_already_over": "an event of a round before the running one, told late; it is not counted",
    "victim_already_dead": "a player died twice in a round; the second death is not counted",
    "kill_before_live": "a player died in freeze time",
    "bomb_impossible": "a bomb event that the bomb's state does not allow; it is not counted",
    "map_already_over": "an event for a map that is over; it is not counted",
    "match_already_over": "an event for a series that is over; it is not counted",
    "map_unknown": "an event for another map than the one that runs; it is not counted",
    "map_left_open": "a map began before the one before it was decided",
    "map_ended_undecided": "a map ended at a score that decides nothing",
    "void_of_old_round": "an older round was voided: left to the batch path",
    "retraction_too_late": "the retracted events are no longer held: left to the batch path",
    "restore_unknown_round": "a restore to a round that was never seen, or cannot be since the map is decided",
    "phase_impossible": "a phase that the state does not allow",
    "model_unknown": "a switch to a model that is not here or cannot be loaded; the one in use is kept",
    "team_too_large": "more than five of a team are there: who plays is not known, so the round model stays silent",
    "players_too_many": "somebody new beyond what a match can hold; he is not followed",
}


def broken(rule: str, detail: str = "") -> Quality:
    """Return a quality fact; `rule` must be in `RULES`."""
    assert rule in RULES, rule
    return Quality(rule=rule, detail=detail)
