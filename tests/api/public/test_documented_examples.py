"""The figures in the examples of docs/API.md are those of the match and the moment that it names."""

import json
import re
import shlex
from functools import cache
from typing import Any

import httpx
import pytest

from api.public.desk import Sizes
from game.messages import Message
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import MatchFold
from models.predictor import load_champion
from tests.api.public.doubles import TIMES, Desk
from tests.house.tree import ROOT

pytestmark = pytest.mark.slow

TEXT = (ROOT / "docs" / "API.md").read_text(encoding="utf-8")
LEFT_OUT = "..."
"""As a key, an element or the end of a text: there is more."""
PLENTY = Sizes(events=20_000, updates=20_000, predictions=20_000, swings=20_000)
FIRST_OF_THE_DEMO = Setting(seed=1)


@cache
def told() -> tuple[Message, ...]:
    """What the stream tells of the demo's first match, up to the `seq` that the page names."""
    named = re.search(r"first match that `midround demo` plays, at `seq` (\d+)", TEXT)
    assert named is not None
    events = simulate(FIRST_OF_THE_DEMO)
    first = next(events)
    fold = MatchFold(first.match_id, load_champion())
    found = fold.step(first, TIMES)
    while found[-1].seq < int(named[1]):
        found += fold.step(next(events), TIMES)
    return tuple(each for each in found if each.seq <= int(named[1]))


def examples() -> list[tuple[str, str]]:
    """Commands that ask of that match, each with the answer shown."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    asked = [each.partition("\n") for block in blocks for each in block.split("\n\n")]
    return [(command, answer) for command, _, answer in asked if f"/{told()[0].match_id}/" in command]


def answered(desk: Desk, command: str) -> Any:
    words = shlex.split(command)
    url = httpx.URL(next(word for word in words if word.startswith("http://")))
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    body = words[words.index("-d") + 1].encode() if "-d" in words else None
    return desk.ask(f"{url.path}?{url.query.decode()}", method, content=body).json()


def differences(shown: Any, found: Any, place: str = "") -> list[str]:
    """Where what is shown is not in what was found; what is left out is not looked at."""
    if isinstance(shown, dict):
        names = [name for name in shown if name != LEFT_OUT]
        return [each for n in names for each in differences(shown[n], found.get(n), f"{place}.{n}")]
    if isinstance(shown, list):
        kept = [each for each in shown if each != LEFT_OUT]
        if len(found) < len(kept) or (len(found) > len(kept) and kept == shown):
            return [f"{place}: {len(kept)} shown, {len(found)} found"]
        pairs = enumerate(zip(kept, found, strict=False))
        return [each for i, (s, f) in pairs for each in differences(s, f, f"{place}[{i}]")]
    if isinstance(shown, str) and shown.endswith(LEFT_OUT):
        return [] if str(found).startswith(shown.removesuffix(LEFT_OUT)) else [f"{place}: {shown}, {found}"]
    return [] if shown == found else [f"{place}: {shown}, {found}"]


def test_the_examples_of_the_page_are_what_is_answered() -> None:
    desk = Desk(sizes=PLENTY).take(told())
    asked = examples()
    assert len(asked) == 3
    found = [differences(json.loads(answer), answered(desk, command)) for command, answer in asked]
    assert found == [[]] * len(asked)


def test_a_figure_that_differs_is_told_by_its_place() -> None:
    shown = {"a": [{"b": 1, "...": 0}, "..."], "c": "so ..."}
    assert differences(shown, {"a": [{"b": 1, "d": 2}, {}], "c": "so on"}) == []
    assert differences(shown, {"a": [{"b": 2}], "c": "no"}) == [".a[0].b: 1, 2", ".c: so ..., no"]
    assert differences([1], [1, 2]) == [": 1 shown, 2 found"]
    assert differences([1, "..."], []) == [": 1 shown, 0 found"]
