"""The content encodings that the intake accepts: identity, gzip, zstd. Output is bounded while it is produced.

A decompression bomb costs no more than the bound: unpacking stops at the first byte above it.
"""

import zlib
from collections.abc import Callable

from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

from api.problems import ProblemError, problem

ENCODINGS = ("gzip", "zstd", "identity")
WINDOW_LOG_MAX = 23
"""Bounds zstd's memory to a window of 8 MiB, which encoders do not exceed by default."""
MEMBERS_MAX = 64
"""Gzip members or zstd frames per body: each one costs a copy of the rest."""
_GZIP_WBITS = 31


def unpack(body: bytes, encoding: str, *, bytes_max: int) -> bytes:
    """Return `body` without its content encoding. Raises problems: 415 unknown, 400 corrupt, 413 above `bytes_max`."""
    if encoding in {"", "identity"}:
        return body
    if encoding not in ENCODINGS:
        reason = f"{encoding[:64]!r} is none of {', '.join(ENCODINGS)}"
        told = problem(415, "content-encoding", field="content-encoding", reason=reason)
        raise ProblemError(told, headers={"accept-encoding": ", ".join(ENCODINGS)})
    try:
        return _gunzip(body, bytes_max) if encoding == "gzip" else _unzstd(body, bytes_max)
    except (zlib.error, ZstdError, EOFError) as error:
        raise ProblemError(
            problem(400, "corrupt-encoding", field="$", reason=f"not {encoding}: {error}")
        ) from error


def _gunzip(body: bytes, bytes_max: int) -> bytes:
    return _members(body, _gzip_member, bytes_max=bytes_max)


def _unzstd(body: bytes, bytes_max: int) -> bytes:
    return _members(body, _zstd_frame, bytes_max=bytes_max)


def _members(
    body: bytes, unpack_one: Callable[[bytes, int], tuple[bytes, bytes]], *, bytes_max: int
) -> bytes:
    """Unpack all members or frames of `body`, one after the other."""
    parts: list[bytes] = []
    size = 0
    while body:
        if len(parts) == MEMBERS_MAX:
            raise EOFError(f"it has more than {MEMBERS_MAX} parts")
        part, body = unpack_one(body, bytes_max - size + 1)
        parts.append(part)
        size += len(part)
        if size > bytes_max:
            raise too_large(bytes_max)
    return b"".join(parts)


def _gzip_member(body: bytes, room: int) -> tuple[bytes, bytes]:
    """Return (unpacked, rest); unpacks at most `room` bytes."""
    member = zlib.decompressobj(_GZIP_WBITS)
    part = member.decompress(body, room)
    if not member.eof and len(part) < room:
        raise EOFError("it ends too early")
    return part, member.unused_data


def _zstd_frame(body: bytes, room: int) -> tuple[bytes, bytes]:
    frame = ZstdDecompressor(options={DecompressionParameter.window_log_max: WINDOW_LOG_MAX})
    part = frame.decompress(body, room)
    if not frame.eof and len(part) < room:
        raise EOFError("it ends too early")
    return part, frame.unused_data


def too_large(bytes_max: int) -> ProblemError:
    """The 413 problem for a body above `bytes_max`, packed or unpacked."""
    return ProblemError(
        problem(413, "too-large", field="$", reason=f"the body has more than {bytes_max} bytes")
    )
