"""When a delivery is retried, and when it is given up. Pure: time and randomness are arguments."""

from datetime import datetime, timedelta

from msgspec import Struct

from adapters.catalog.outbox import Attempt, Due


class Answer(Struct, frozen=True, kw_only=True):
    """The target's response: its status, or the error if there is none or it is not a success."""

    http_status: int | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        return self.http_status is not None and 200 <= self.http_status < 300


class Schedule(Struct, frozen=True, kw_only=True):
    """Exponential back-off with full jitter: the wait before attempt n+1 is drawn from 0 to first_s * 2^(n-1), at most
    longest_s. A delivery is given up after `attempts_max`, or after waiting `age_max_s`, since it holds up the later
    deliveries of its match."""

    attempts_max: int = 12
    first_s: float = 2.0
    longest_s: float = 3600.0
    age_max_s: float = 86_400.0

    def after(self, due: Due, answer: Answer, *, now: datetime, chance: float) -> Attempt:
        """Return the outcome of this attempt; `chance`, from 0 to 1, determines the wait."""
        attempts = due.attempts + 1
        is_old = (now - due.queued_at).total_seconds() >= self.age_max_s
        if answer.is_taken:
            return Attempt(at=now, status="delivered", due_at=now, http_status=answer.http_status)
        wait_s = chance * min(self.longest_s, self.first_s * 2 ** min(attempts - 1, 60))
        return Attempt(
            at=now,
            status="dead" if is_old or attempts >= self.attempts_max else "pending",
            due_at=now + timedelta(seconds=wait_s),
            http_status=answer.http_status,
            error=answer.error,
        )
