"""The models that answer requests: those of the stream's folder, opened at the first request.

Belongs here: which model answers for a match. Does not belong here: loading (`models.lineup`), the requests
(`api.public.what_if`).
"""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from api.problems import ProblemError, problem
from api.public.desk import Desk
from models.bundle import POINTER, BundleError
from models.lineup import Lineup
from models.predictor import CHAMPION, Predictor

RETRY_S = 5


class _Receipt(msgspec.Struct, frozen=True):
    model_hash: str


class _Said(msgspec.Struct, frozen=True):
    receipt: _Receipt


_SAID = msgspec.json.Decoder(_Said)


class Predictors:
    """The models of `folder`, or the shipped one while `folder` holds none. Use it on one event loop only: a predictor
    must not be used by two threads at once."""

    def __init__(self, folder: Path = CHAMPION) -> None:
        self._folder = folder
        self._lineup: Lineup | None = None
        self._opening = threading.Lock()

    @property
    def folder(self) -> Path:
        """The folder that holds the models at present."""
        return self._folder if (self._folder / POINTER).exists() else CHAMPION

    async def predictor(self, desk: Desk | None) -> Predictor:
        """Return the model of the match's newest prediction, else the champion. Raises a 503 problem if there is no
        model."""
        newest = None if desk is None else desk.predictions.newest()
        return await self.of(None if newest is None else _SAID.decode(newest.raw).receipt.model_hash)

    async def of(self, model_hash: str | None) -> Predictor:
        """Return the model with this hash if available, else the champion. Raises a 503 problem if there is no
        model."""
        try:
            return await asyncio.to_thread(self._found, model_hash)
        except BundleError as error:
            told = problem(503, "model-away", field="model", reason=str(error), retry_after_s=RETRY_S)
            raise ProblemError(told) from error

    def _found(self, model_hash: str | None) -> Predictor:
        with self._opening:
            if self._lineup is None:
                self._lineup = Lineup(self.folder, now=datetime.now(UTC))
            found = None if model_hash is None else self._lineup.find(model_hash)
            if found is None:
                self._lineup.look(datetime.now(UTC))
                found = self._lineup.find(model_hash) if model_hash is not None else None
            return found or self._lineup.latest()
