"""What all tests of the API share: patience with a machine that stands still for a while."""

from collections.abc import Iterator

import pytest

from api.public import store
from api.public.register import Register
from api.public.threads import Threads

PATIENCE_S = 60.0


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    """Catalog and store are waited for longer than the product does. What it does when they hang is held by tests that
    name a time of their own, or have a clock."""
    with pytest.MonkeyPatch.context() as patch:
        for init in (Threads.__init__, Register.__init__):
            usual = init.__kwdefaults__
            assert usual is not None
            for name in usual.keys() & {"waits_s", "answers_s"}:
                patch.setitem(usual, name, PATIENCE_S)
        for name in ("ANSWERS_S", "WAITS_S"):
            patch.setattr(store, name, PATIENCE_S)
        patch.setattr(store, "TIMEOUTS", dict.fromkeys(store.TIMEOUTS, str(int(PATIENCE_S))))
        yield
