"""Answers what-if questions on the newest view of a match.

Belongs here: plain functions. Does not belong here: response types (`resources`).
"""

import msgspec

from api.problems import ProblemError, problem
from api.public.bodies import decoded
from api.public.matches.resources import known_state
from api.public.what_if.resources import WhatIfView, what_if
from game.features import extract
from game.view import MatchView
from game.what_if import WhatIf, WhatIfError, changed
from models.predictor import Predictor
from models.score import bought

_QUESTION = msgspec.json.Decoder(WhatIf)


def question(body: bytes) -> WhatIf:
    """Decode the question in a request body. Raises a 400 problem."""
    return decoded(body, _QUESTION)


def answered(view: MatchView, asked: WhatIf, predictor: Predictor) -> WhatIfView:
    """Return the win probabilities before and after the change. Raises a 409 problem while the state is unknown, and a
    422 problem for an impossible change or a state outside the model's training data."""
    state = known_state(view)
    try:
        then = changed(state, asked)
    except WhatIfError as error:
        raise ProblemError(problem(422, "cannot-be", field=error.field, reason=error.reason)) from error
    features = extract(then)
    before = predictor.predict(state, extract(state))
    score = predictor.score(then)
    assert before is not None, "a state with a running round has a map"
    assert score is not None, "the changed state has the map of the other"
    after = predictor.forecast(features, bought(score) if asked.has_both_buys else score)
    if after.outside is not msgspec.UNSET:
        field = after.outside.partition(" ")[0]
        raise ProblemError(problem(422, "outside-support", field=field, reason=after.outside))
    return what_if(view, predictor, before=before, after=after, features=features)
