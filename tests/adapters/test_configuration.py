"""What the settings promise: origin of every value, an error for every unknown name, no secret shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import configuration
from adapters.clickhouse.tables import TTL_DAYS_MAX

NOBODY: dict[str, str] = {}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "midround.toml"
    path.write_text(
        'home = "here"\n[kafka]\nport = 9192\n[kafka.options]\n"linger.ms" = 5\n', encoding="utf-8"
    )
    return path


def test_the_later_source_wins_and_every_value_has_its_origin(file: Path) -> None:
    environ = {"MIDROUND_KAFKA__PORT": "9292", "MIDROUND_API__PORT": "8090"}
    loaded = configuration.load(environ, file=file, options={"api.port": 8091, "intake.port": None})
    origins = {s.name: (s.value, s.origin) for s in configuration.shown(loaded)}
    assert origins["home"] == ("here", str(file))
    assert origins["kafka.port"] == (9292, "MIDROUND_KAFKA__PORT")
    assert origins["kafka.options.linger.ms"] == ("5", str(file))
    assert origins["api.port"] == (8091, "option")
    assert origins["intake.port"] == (8081, "default")


def test_options_of_the_client_libraries_pass_through_as_text() -> None:
    environ = {"MIDROUND_KAFKA__OPTIONS": '{"socket.keepalive.enable": true, "statistics.interval.ms": 1000}'}
    kafka = configuration.load(environ).settings.kafka
    assert kafka.options == {"socket.keepalive.enable": "true", "statistics.interval.ms": "1000"}


@pytest.mark.parametrize("name", ["MIDROUND_KAFKA__PROT", "MIDROUND_NOTHING", "MIDROUND_KAFKAPORT"])
def test_an_unknown_variable_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(
        configuration.SettingsError,
        match=name.removeprefix("MIDROUND_").lower().replace("__", "[.]|") + f"|{name}",
    ):
        configuration.load({name: "1"})


def test_an_unknown_setting_in_the_file_is_an_error_that_names_it_and_the_file(tmp_path: Path) -> None:
    file = tmp_path / "midround.toml"
    file.write_text("[stream]\nepochs = 3\n", encoding="utf-8")
    with pytest.raises(
        configuration.SettingsError, match=r"stream\.epochs in .*midround\.toml: no such setting"
    ):
        configuration.load(NOBODY, file=file)


def test_a_wrong_value_is_named_with_the_variable_it_came_from() -> None:
    with pytest.raises(configuration.SettingsError, match=r"intake\.port in MIDROUND_INTAKE__PORT: .*'many'"):
        configuration.load({"MIDROUND_INTAKE__PORT": "many"})


@pytest.mark.parametrize("text", ["= 3", "data = ", "\x00"])
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(configuration.SettingsError, match=r"broken\.toml"):
        configuration.load(NOBODY, file=file)


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(configuration.SettingsError, match="no such file"):
        configuration.load(NOBODY, file=tmp_path / "absent.toml")


def test_names_of_others_with_our_prefix_are_left_alone() -> None:
    environ = {"MIDROUND_DATA": "/data", "MIDROUND_NOT_RUN": "ledger"}
    assert configuration.load(environ) == configuration.load(NOBODY)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=20))
def test_no_secret_is_ever_shown(secret: str) -> None:
    secret = f"s3-{secret}"
    loaded = configuration.load(
        NOBODY,
        options={
            "clickhouse.url": f"https://reader:{secret}@store:8443/midround",
            "catalog.url": f"postgresql://catalog:{secret}@db/midround",
            "kafka.options": {"sasl.password": secret, "sasl.username": secret},
            "clickhouse.options": {"password": secret, "access_token": secret},
        },
    )
    lines = [s.model_dump_json() for s in configuration.shown(loaded)]
    assert not [line for line in lines if secret in line]
    assert any("reader" in line for line in lines)


@pytest.mark.parametrize("days", [-1, TTL_DAYS_MAX + 1, 36_500])
def test_a_retention_that_would_lose_rows_is_an_error_that_names_the_setting(days: int) -> None:
    with pytest.raises(
        configuration.SettingsError, match=r"clickhouse\.ttl_days\.cs2_predictions in .*than or equal"
    ):
        configuration.load(NOBODY, options={"clickhouse.ttl_days": {"cs2_predictions": days}})


@pytest.mark.parametrize("table", ["cs2_prediction", "player_stats"])
def test_a_retention_of_what_has_none_is_an_error_that_names_those_that_have(table: str) -> None:
    with pytest.raises(
        configuration.SettingsError, match=rf"ttl_days in .*{table}.*cs2_predictions, match_states"
    ):
        configuration.load({"MIDROUND_CLICKHOUSE__TTL_DAYS": f'{{"{table}": 30}}'})


def test_the_url_of_a_webhook_is_a_secret_and_how_webhooks_are_sent_is_none() -> None:
    found = configuration.shown(
        configuration.load(NOBODY, options={"dagster.webhook_url": "https://there/token"})
    )
    values = {each.name: each.value for each in found}
    assert (values["dagster.webhook_url"], values["webhooks.run"]) == ("********", "auto")


def test_settings_do_not_change() -> None:
    loaded = configuration.load(NOBODY)
    with pytest.raises(ValueError, match="frozen"):
        loaded.settings.kafka.port = 1


def test_a_broker_is_started_here_or_named_elsewhere_but_not_both() -> None:
    here = {"MIDROUND_KAFKA__SERVER": "local"}
    assert configuration.load(here).settings.kafka.server == "local"
    with pytest.raises(
        configuration.SettingsError, match=r"kafka\.bootstrap_servers in .*: .*one or the other"
    ):
        configuration.load({**here, "MIDROUND_KAFKA__BOOTSTRAP_SERVERS": "k:9092"})


def test_settings_as_variables_give_the_same_settings(tmp_path: Path) -> None:
    variables = {
        "MIDROUND_HOME": str(tmp_path),
        "MIDROUND_KAFKA__PORT": "9192",
        "MIDROUND_KAFKA__OPTIONS": '{"linger.ms": "3"}',
        "MIDROUND_CLICKHOUSE__TTL_DAYS": '{"cs2_events_raw": 30}',
        "MIDROUND_STREAM__EPOCH_S": "0.5",
        "MIDROUND_LAKE__PATH": "a b",
    }
    effective = configuration.load(variables).settings
    assert configuration.load(configuration.as_environment(effective)).settings == effective


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("postgresql://me@db/x", "postgresql+psycopg2://me@db/x"),
        ("postgres://me@db/x", "postgresql+psycopg2://me@db/x"),
        ("postgresql+psycopg://me@db/x", "postgresql+psycopg://me@db/x"),
        ("", ""),
    ],
)
def test_a_postgres_is_reached_by_the_driver_that_is_installed(url: str, taken: str) -> None:
    options = {"dagster.storage_url": url, "mlflow.storage_url": url}
    found = configuration.load({}, options=options).settings
    assert (found.dagster.storage_url, found.mlflow.storage_url) == (taken, taken)


def test_dagster_keeps_its_runs_in_no_other_database() -> None:
    with pytest.raises(
        configuration.SettingsError, match=r"dagster\.storage_url in option: .*SQLite, or in a Postgres"
    ):
        configuration.load({}, options={"dagster.storage_url": "mysql://me@db/x"})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4"])
def test_an_open_api_listens_on_loopback_only(host: str) -> None:
    environ = {"MIDROUND_API__ACCESS": "open", "MIDROUND_API__HOST": host}
    with pytest.raises(configuration.SettingsError, match=r"reached from elsewhere: set api\.access"):
        configuration.load(environ)
    assert configuration.load(environ | {"MIDROUND_API__ACCESS": "keys"}).settings.api.needs_keys
    assert not configuration.load(environ | {"MIDROUND_API__HOST": "::1"}).settings.api.needs_keys
