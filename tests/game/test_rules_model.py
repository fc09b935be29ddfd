"""The rules of score and sides against a model that knows nothing but how a map is played, round by round."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from game.payloads import Side, Team
from game.rules import MR8, MR12, MR15, Rules, a_side_in, half_of, is_decided, is_draw, is_overtime, winner


class PlayedMap(RuleBasedStateMachine):
    """Plays rounds and keeps sides and score as two teams and a referee would."""

    def __init__(self) -> None:
        super().__init__()
        self.played_by = MR12
        self.first_a_side: Side = "ct"
        self.score: dict[Team, int] = {"A": 0, "B": 0}
        self.round_no = 1
        self.a_is_ct = True
        self.left_in_half = 12
        self.halves = 1

    @initialize(rules=st.sampled_from([MR8, MR12, MR15]), a_is_ct=st.booleans())
    def begin(self, rules: Rules, a_is_ct: bool) -> None:
        self.played_by = rules
        self.first_a_side = "ct" if a_is_ct else "t"
        self.a_is_ct = a_is_ct
        self.left_in_half = rules.max_rounds // 2

    def referee(self) -> Team | None:
        """First to more than half of regulation; then first to win an overtime by more than half of it."""
        half = self.played_by.max_rounds // 2
        a, b = self.score["A"], self.score["B"]
        target = half + 1
        while self.played_by.overtime_max_rounds and min(a, b) >= target - 1:
            target += self.played_by.overtime_max_rounds // 2
        if max(a, b) < target:
            return None
        return "A" if a > b else "B"

    def is_drawn(self) -> bool:
        return (
            not self.played_by.overtime_max_rounds and sum(self.score.values()) == self.played_by.max_rounds
        )

    @precondition(lambda self: self.referee() is None and not self.is_drawn())
    @rule(team=st.sampled_from(["A", "B"]), rounds=st.integers(min_value=1, max_value=6))
    def play(self, team: Team, rounds: int) -> None:
        for _ in range(rounds):
            self.score[team] += 1
            if self.referee() is not None or self.is_drawn():
                return
            self._turn()

    def _turn(self) -> None:
        self.round_no += 1
        self.left_in_half -= 1
        if self.left_in_half:
            return
        is_new_overtime = self.halves % 2 == 0
        self.halves += 1
        self.a_is_ct = self.a_is_ct if is_new_overtime else not self.a_is_ct
        is_regulation = self.halves == 2
        self.left_in_half = (
            self.played_by.max_rounds if is_regulation else self.played_by.overtime_max_rounds
        ) // 2

    @rule()
    def look_again(self) -> None:
        """A decided map stays as it is."""

    @invariant()
    def the_winner_is_the_referees(self) -> None:
        assert winner(self.played_by, self.score["A"], self.score["B"]) == self.referee()
        assert is_draw(self.played_by, self.score["A"], self.score["B"]) == (
            self.is_drawn() and self.referee() is None
        )
        is_over = self.referee() is not None or self.is_drawn()
        assert is_decided(self.played_by, self.score["A"], self.score["B"]) == is_over

    @invariant()
    def the_sides_are_those_of_the_half(self) -> None:
        side = a_side_in(self.played_by, self.round_no, self.first_a_side)
        assert side == ("ct" if self.a_is_ct else "t")
        assert half_of(self.played_by, self.round_no) == self.halves
        assert is_overtime(self.played_by, self.round_no) == (self.halves > 2)


PlayedMap.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_a_map_goes_by_the_rules = PlayedMap.TestCase
