"""Folder, ports and signals: what is taken is named, and comes free again."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec
import pytest

from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from adapters.catalog.webhooks import By
from adapters.configuration import load
from adapters.settings import Settings
from midround import demo, machine, ports
from midround.parts import Part, kind_of, plan
from midround.plain import Plain
from models.bundle import CHALLENGER
from tests.ports import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def with_options(**options: object) -> Settings:
    names = {name.replace("__", "."): value for name, value in options.items()}
    return load({}, options=names).settings


def on_free_ports(**options: object) -> Settings:
    names = ("kafka__port", "clickhouse__port", "intake__port", "api__port", "stream__metrics_port")
    more = ("loader__metrics_port", "ticker__metrics_port")
    free = dict(zip((*names, *more), free_ports(7), strict=True))
    return with_options(**{**free, **options})


def test_a_taken_port_is_named_with_part_and_setting(taken: int, tmp_path: Path) -> None:
    settings = on_free_ports(intake__port=taken, home=str(tmp_path))
    with (
        pytest.raises(
            machine.MachineError, match=rf"port {taken} of the intake is taken: .*intake\.port"
        ) as raised,
        machine.running(settings, say=print),
    ):
        pytest.fail("it started")
    assert raised.value.code == 4


def test_an_address_that_cannot_be_had_is_not_called_taken() -> None:
    settings = on_free_ports(api__host="2001:db8::1")
    said = r"the api cannot listen on \[2001:db8::1\]:\d+: .*; see api\.port and its host"
    with pytest.raises(machine.MachineError, match=said) as raised:
        machine.check_ports(plan(settings))
    assert raised.value.code == 2
    assert machine.free_ports(plan(settings)) == {}


def test_urls_have_an_address_of_ipv6_in_brackets() -> None:
    settings = on_free_ports(api__host="::1", intake__host="::1")
    shown = demo.urls(settings)
    assert shown["API"] == f"http://[::1]:{settings.api.port}/api"
    assert shown["intake"] == f"http://[::1]:{settings.intake.port}/events"


def test_only_taken_ports_are_replaced(taken: int) -> None:
    settings = on_free_ports(api__port=taken)
    free = machine.free_ports(plan(settings))
    assert set(free) == {"api.port"}
    assert ports.trouble("127.0.0.1", free["api.port"]) is None


def test_a_folder_in_use_is_named_with_its_owner(tmp_path: Path) -> None:
    settings = on_free_ports(
        home=str(tmp_path), kafka__bootstrap_servers="k:9092", clickhouse__url="http://c"
    )
    first = machine._folder(settings.home)
    with (
        first,
        pytest.raises(machine.MachineError, match=f"{tmp_path}.*process {os.getpid()}") as raised,
        machine.running(settings, say=print),
    ):
        pytest.fail("it started")
    assert raised.value.code == 3


def test_what_is_configured_is_not_started() -> None:
    embedded = {part.name for part in plan(with_options())}
    configured = {
        part.name
        for part in plan(with_options(kafka__bootstrap_servers="k:9092", clickhouse__url="http://c:8123"))
    }
    assert embedded - configured == {"broker", "store"}
    assert configured == {"stream", "loader", "ticker", "intake", "api"}


def test_a_local_kafka_is_started_as_the_broker_and_nobody_forgets_with_it(tmp_path: Path) -> None:
    parts = {part.name: part for part in plan(on_free_ports(kafka__server="local", home=str(tmp_path)))}
    told = msgspec.json.decode(parts["broker"].told, type=Plain)
    assert told.kafka_folder == str(tmp_path / "kafka")
    assert told.bootstrap_servers == f"127.0.0.1:{parts['broker'].port}"
    assert not told.is_embedded
    assert {part.leans_on for part in parts.values()} == {None}


def test_the_shadow_is_started_where_somebody_challenges_or_it_is_asked_for(tmp_path: Path) -> None:
    def has_shadow(**options: object) -> bool:
        return "shadow" in {part.name for part in plan(with_options(home=str(tmp_path), **options))}

    def has_batch_shadow(run: str) -> bool:
        return "shadow" in {part.name for part in plan(with_options(shadow__run=run), is_batch=True)}

    assert [has_batch_shadow(run) for run in ("auto", "never")] == [True, False]
    assert [has_shadow(), has_shadow(shadow__run="always"), has_shadow(shadow__run="never")] == [
        False,
        True,
        False,
    ]
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / CHALLENGER).write_bytes(b"{}")
    assert [has_shadow(), has_shadow(shadow__run="never")] == [True, False]
    assert not has_shadow(stream__champion=str(tmp_path / "elsewhere"))
    [shadow] = [part for part in plan(with_options(home=str(tmp_path))) if part.name == "shadow"]
    told = msgspec.json.decode(shadow.told, type=Plain)
    assert (told.metrics_port, told.champion) == (9104, str(tmp_path / "models"))
    assert not shadow.is_vital
    assert [part.name for part in plan(with_options(home=str(tmp_path))) if not part.is_vital] == ["shadow"]


def catalog_at(home: Path) -> str:
    return f"sqlite:///{home / 'catalog.sqlite'}"


def make_webhook(home: Path) -> None:
    catalog = open_catalog(catalog_at(home))
    now, first = datetime.now(UTC), Made(key_id="k", secret_hash="h", scopes=("read",))
    client_id = catalog.clients().create("desk", first, plan="trial", matches=None, who="me", now=now)
    catalog.webhooks().create(
        client_id, url="https://there/", types=("swing",), secret="s", by=By(who="me"), now=now
    )
    catalog.close()


def test_who_sends_to_webhooks_begins_with_the_first_one(tmp_path: Path) -> None:
    settings, ended = with_options(home=str(tmp_path)), threading.Event()
    begun = SimpleQueue[Part]()
    waiting = threading.Thread(
        target=machine.await_webhooks, args=(settings, begun.put), kwargs={"ended": ended, "every_s": 0.01}
    )
    waiting.start()
    open_catalog(catalog_at(tmp_path)).close()
    with pytest.raises(Empty):
        begun.get(timeout=0.1)
    make_webhook(tmp_path)
    assert begun.get(timeout=30).name == "webhooks"
    waiting.join(30)
    assert begun.empty()


def test_nobody_waits_for_webhooks_once_all_ends(tmp_path: Path) -> None:
    ended, begun = threading.Event(), list[Part]()
    make_webhook(tmp_path)
    ended.set()
    machine.await_webhooks(with_options(home=str(tmp_path)), begun.append, ended=ended)
    assert begun == []


def test_webhooks_are_sent_where_the_catalog_has_one_or_it_is_asked_for(tmp_path: Path) -> None:
    def are_sent(**options: object) -> bool:
        return "webhooks" in {part.name for part in plan(with_options(home=str(tmp_path), **options))}

    open_catalog(catalog_at(tmp_path)).close()
    assert [are_sent(), are_sent(webhooks__run="always")] == [False, True]
    make_webhook(tmp_path)
    assert [are_sent(), are_sent(webhooks__run="never")] == [True, False]
    settings = with_options(home=str(tmp_path), webhooks__attempts=3, webhooks__timeout_s=2.5)
    [part] = [part for part in plan(settings) if part.name == "webhooks"]
    told = msgspec.json.decode(part.told, type=Plain)
    assert (told.metrics_port, told.webhooks_attempts, told.webhooks_timeout_s) == (9105, 3, 2.5)
    assert not told.webhooks_allow_private
    assert not part.is_vital


def test_several_streams_have_a_share_a_port_and_a_recovery_folder_each() -> None:
    parts = [part for part in plan(with_options(stream__count=3)) if kind_of(part.name) == "stream"]
    told = [msgspec.json.decode(part.told, type=Plain) for part in parts]
    assert [(t.name, t.stream_index, t.stream_count) for t in told] == [
        ("stream-0", 0, 3),
        ("stream-1", 1, 3),
        ("stream-2", 2, 3),
    ]
    assert [t.metrics_port for t in told] == [part.port for part in parts]
    assert len({part.port for part in parts}) == len({t.recovery_folder for t in told}) == 3


def test_every_part_is_told_the_port_that_it_is_watched_on() -> None:
    parts = {part.name: part for part in plan(on_free_ports(stream__index=2, stream__count=1))}
    told = {name: msgspec.json.decode(part.told, type=Plain) for name, part in parts.items()}
    assert {name: parts[name].port for name in ("stream", "loader", "ticker")} == {
        name: told[name].metrics_port for name in ("stream", "loader", "ticker")
    }
    some = told["api"]
    assert [some.kafka_port, some.clickhouse_port, some.intake_port, some.api.port] == [
        parts[name].port for name in ("broker", "store", "intake", "api")
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_the_old_handler_returns(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "ONE_WISH_S", 3_600.0)
    before = signal.getsignal(number)
    with machine.signals() as stopping:
        assert not stopping.is_set()
        os.kill(os.getpid(), number)
        assert stopping.wait(60)
        signal.raise_signal(number)  # the same wish, told twice by who forwards it
        monkeypatch.setattr(machine, "ONE_WISH_S", 0.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) == before
