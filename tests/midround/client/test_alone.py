"""The client where nothing but its extra is installed: it asks and follows without any library of the server."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.api.public.doubles import Desk, messages
from tests.house.tree import PACKAGES, ROOT
from tests.midround.client.serving import served

pytestmark = pytest.mark.slow

# Arguments: where the API is, then the top-level names that are not there.
ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)

sys.meta_path.insert(0, Absent())

from midround.client import archive, questions
from midround.client.feed import StateUpdate
from midround.client.refusals import ApiError
from midround.client.rest import Client

with Client(sys.argv[1]) as client:
    match_id = client.get(questions.matches())[0].match_id
    print(list(client.all(questions.events(match_id, limit=50)))[-1].seq)
    print(client.graphql("query($id: ID!) { match(id: $id) { id } }", id=match_id)["match"]["id"])
    print(next(each.seq for each in client.follow(match_id) if isinstance(each, StateUpdate)))
    try:
        client.get(archive.career("nobody"))
    except ApiError as error:
        print(error.problem.status)
"""


def installed_with(extra: str) -> set[str]:
    """The distributions that the extra brings, with all that they need themselves."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    todo = [*project["dependencies"], *project["optional-dependencies"][extra]]
    found: set[str] = set()
    while todo:
        wanted = Requirement(todo.pop())
        name = canonicalize_name(wanted.name)
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(name)
            todo += requires(name) or []
    return found


def absent_with(extra: str) -> set[str]:
    """Top-level names of what is installed here and does not come with the extra."""
    there = installed_with(extra)
    return {
        top
        for top, names in packages_distributions().items()
        if top not in PACKAGES and there.isdisjoint(map(canonicalize_name, names))
    }


def test_the_client_asks_and_follows_with_its_extra_alone() -> None:
    absent = absent_with("client")
    assert absent >= {"confluent_kafka", "fastapi", "redis", "starlette", "strawberry", "uvicorn"}
    assert absent.isdisjoint({"httpx", "msgspec", "websockets"})
    with served(Desk().take(messages())) as running:
        told = subprocess.run(
            [sys.executable, "-c", ALONE, f"http://127.0.0.1:{running.port}", *sorted(absent)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert told.returncode == 0, told.stderr
    match_id, seq = messages()[0].match_id, str(messages()[-1].seq)
    assert told.stdout.split() == [seq, match_id, seq, "404"]
