"""The versions that results and weights follow from."""

from importlib.metadata import version

from models.code import code_version, training_version


def test_versions_name_the_code_and_stay_while_it_stays() -> None:
    assert len(code_version()) == 12
    assert int(code_version(), 16) >= 0
    assert training_version() == training_version()
    assert training_version().startswith(f"{version('midround')}+")
    assert code_version() not in training_version()
