"""Reads recorded matches from disk: from a cs2df zip to a checked recording.

Belongs here: opening a zip and extracting its members within size limits. Does not belong here: the content of the
members (`game.sources.cs2df`).

Every failure is a `RecordingError` that names the file and, if there is one, the member.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from game.sources.cs2df import MEMBERS, Recording, RecordingError, read

MANIFEST = "manifest.json"
MAX_ZIP_BYTES = 256 * 1024**2
MAX_MEMBERS = 256
MAX_MEMBER_BYTES = 128 * 1024**2
MAX_TOTAL_BYTES = 256 * 1024**2
MAX_RATIO = 200
"""The highest compression ratio of a member; exports stay below 40."""


def open_recording(path: Path, *, is_dense: bool = False) -> Recording | RecordingError:
    """The recording in the zip at `path`. With `is_dense`, the replay's positions are also read, at their own rate."""
    members = _members(path)
    return members if isinstance(members, RecordingError) else read(path.name, members, is_dense=is_dense)


def recording_paths(paths: Iterable[Path]) -> Iterator[Path]:
    """The zips that `paths` name; folders are searched recursively, in order of names."""
    for path in paths:
        yield from sorted(path.rglob("*.zip")) if path.is_dir() else [path]


def _members(path: Path) -> dict[str, bytes] | RecordingError:
    try:
        if path.stat().st_size > MAX_ZIP_BYTES:
            return RecordingError(file=path.name, reason=f"larger than {MAX_ZIP_BYTES} bytes")
        with zipfile.ZipFile(path) as archive:
            return _taken(path.name, archive)
    except OSError as error:
        return RecordingError(file=path.name, reason=error.strerror or str(error))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        return RecordingError(file=path.name, reason=f"not a readable zip: {error}")


def _taken(file: str, archive: zipfile.ZipFile) -> dict[str, bytes] | RecordingError:
    """The members that are needed. The sizes that the zip declares are checked first and enforced while unpacking."""
    listed = archive.infolist()
    if len(listed) > MAX_MEMBERS:
        return RecordingError(file=file, reason=f"more than {MAX_MEMBERS} members")
    folders = _folders(listed)
    if len(folders) > 1:
        return RecordingError(file=file, reason=f"several recordings: {', '.join(map(str, folders))}")
    by_path = {_path(info): info for info in listed}
    paths = {name: PurePosixPath(*folders, name) for name in MEMBERS}
    found = {name: by_path[path] for name, path in paths.items() if path in by_path}
    if sum(info.file_size for info in found.values()) > MAX_TOTAL_BYTES:
        return RecordingError(file=file, reason=f"more than {MAX_TOTAL_BYTES} bytes unpacked")
    taken: dict[str, bytes] = {}
    for name, info in found.items():
        content = _content(file, archive, info)
        if isinstance(content, RecordingError):
            return content
        taken[name] = content
    return taken


def _folders(listed: Iterable[zipfile.ZipInfo]) -> list[PurePosixPath]:
    """The folders of the zip that hold an export, only those nearest to its top level."""
    found = [path.parent for path in map(_path, listed) if path.name == MANIFEST]
    depth = min((len(folder.parts) for folder in found), default=0)
    return sorted({folder for folder in found if len(folder.parts) == depth})


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(info.filename.replace("\\", "/"))


def _content(file: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | RecordingError:
    def refused(reason: str) -> RecordingError:
        return RecordingError(file=file, member=info.filename, reason=reason)

    if info.file_size > min(MAX_MEMBER_BYTES, MAX_RATIO * max(info.compress_size, 1024)):
        return refused(f"unpacks to {info.file_size} bytes from {info.compress_size}")
    if info.flag_bits & 1:
        return refused("encrypted")
    try:
        with archive.open(info) as stream:
            return stream.read(info.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        return refused(f"corrupt: {error}")
