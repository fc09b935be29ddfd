"""The shipped champion, for every test of the model."""

import pytest

from models.predictor import Predictor, load_champion


@pytest.fixture(scope="session")
def champion() -> Predictor:
    return load_champion()
