"""`midround demo`: whose folder it empties, what it is told wrongly, and a Ctrl-C at any time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.configuration import load
from game.events import AnyEvent
from midround import demo, inputs, machine
from midround.bench.cold import PORTS
from midround.cli import app
from midround.verify import Verdict
from tests.ports import free_port, free_ports


def run(*words: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Code, and what was said of an error."""
    result = CliRunner().invoke(app, ["demo", *words], env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr.replace("\n", " ")


def lake_in(home: Path) -> Path:
    file = home / "lake" / "raw_events" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"rows")
    return file


@pytest.mark.parametrize("is_home_named", [True, False])
def test_the_folder_of_a_demo_that_runs_is_left_alone(tmp_path: Path, *, is_home_named: bool) -> None:
    home = tmp_path / "demo"
    file = lake_in(home)
    (home / demo.MARK).touch()
    words = ("--home", str(home)) if is_home_named else ()
    with machine._folder(home):
        code, said = run("--once", *words, environ={"MIDROUND_HOME": str(tmp_path)})
    assert (code, file.read_bytes()) == (3, b"rows")
    assert f"in use by process {os.getpid()}" in said


def test_a_named_folder_that_no_demo_made_is_refused(tmp_path: Path) -> None:
    file = lake_in(tmp_path)
    code, said = run("--once", "--home", str(tmp_path))
    assert (code, file.read_bytes()) == (2, b"rows")
    assert f"{tmp_path} holds lake and was not made by a demo" in said


def test_a_named_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"mine")
    code, said = run("--once", "--home", str(tmp_path / "home"))
    assert (code, (tmp_path / "home").read_bytes()) == (2, b"mine")
    assert "no data folder at" in said


def test_what_an_earlier_demo_left_is_gone_and_what_else_is_there_stays(tmp_path: Path) -> None:
    demo.fresh(tmp_path, is_own=False)
    file, other = lake_in(tmp_path), tmp_path / "notes.txt"
    other.write_bytes(b"mine")
    (tmp_path / "catalog.sqlite").touch()
    demo.fresh(tmp_path, is_own=False)
    assert [file.exists(), (tmp_path / "catalog.sqlite").exists(), other.exists()] == [False, False, True]


def test_the_demo_s_own_folder_needs_no_mark(tmp_path: Path) -> None:
    file = lake_in(tmp_path)
    demo.fresh(tmp_path, is_own=True)
    assert not file.exists()


def test_the_store_is_among_the_addresses_where_its_port_moved() -> None:
    settings = load({"MIDROUND_CLICKHOUSE__PORT": "18123"}, options={}).settings
    assert demo.urls(settings)["store"] == "http://127.0.0.1:18123/midround"


def test_what_is_not_compared_does_not_hold_when_a_demo_is_over() -> None:
    verdict = Verdict(
        match_id="m",
        events=9,
        not_compared=1,
        dead_letters=0,
        predictions=9,
        stream_digest="0",
        batch_digest="0",
        problems=(),
    )
    assert verdict.holds
    assert not demo.Outcome(name="m", events=10, seconds=1.0, verdicts=(verdict,)).holds


def test_a_player_that_cannot_go_on_says_why() -> None:
    def torn() -> list[AnyEvent]:
        raise IndexError("torn")

    match = inputs.Match(name="torn", events=torn)
    player = demo.Player("http://127.0.0.1:9", match, speed=None, stopping=threading.Event())
    player.run()
    assert str(player.failure) == "torn"


@pytest.mark.slow
@pytest.mark.parametrize(("words", "code"), [((), 0), (("--once",), 130)])
def test_a_ctrl_c_while_it_starts_ends_it_quietly(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    home = tmp_path / "home"
    command = [str(Path(sys.executable).with_name("midround")), "demo", "--json", "--home", str(home), *words]
    free = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    free["MIDROUND_CLICKHOUSE__URL"] = (
        f"http://127.0.0.1:{free_port()}/midround"  # without a store it starts for ever
    )
    process = subprocess.Popen(
        command, env={**os.environ, **free}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while not (home / "logs" / "api.jsonl").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=180)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said, complaints) == (code, "", "")
