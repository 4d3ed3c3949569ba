"""Compiled kernels on disk, in a place of the user's own, under a digest of all that they were made from.

Numba's own cache looks at one file and at no option: change a rule in another file, and it goes on answering with the
old one. Here the name of a kernel's file is the digest of what it was compiled from; change a rule, an option, a
library or the processor, and it is another file. A file is put in its place in one move, so that nobody reads half of
one. Files that nobody has used for a season are cleared away.

A kernel is code that runs as whoever loads it. So a folder or file that others may write to, or that belongs to
somebody else, is not used; and a file carries a digest that only the owner of the folder's key can make (HMAC-SHA256),
so that a damaged one, or one that was put there, is found out and made anew.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pickle
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import filelock
import platformdirs
from numba.core import caching, config, serialize
from numba.core.registry import cpu_target

from sim.model.clock import DAY_SECONDS

FOLDER = "CXSIM_CACHE"
"""Environment variable that names another folder; "" for none."""
OFF = ""
SUFFIX = ".kernel"
OURS = re.compile(r"[a-z]+-[0-9a-f]{64}.*\.kernel(\.lock|\.[0-9]+\.part)?|key\.[0-9]+\.part")
"""Names of the files that are written here: whoever shares the folder keeps theirs."""
CHECKSUM = hashlib.sha256().digest_size
KEY = "key"
"""Name of the file with the folder's key, which its owner alone may read."""
KEY_BYTES = 32
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
KEPT_DAYS = 90
"""Files that nobody has used for so long are deleted: each digest has its own, and old ones pile up."""
_said: set[str] = set()


def versions() -> tuple[str, ...]:
    """What compiled code depends on besides its source: interpreter, libraries, processor, how much LLVM optimises."""
    libraries = [f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy")]
    machine = cpu_target.target_context.codegen().magic_tuple()
    return (sys.version, *libraries, *map(str, machine), f"optimised {config.OPT}")


def folder() -> Path | None:
    """Return the folder of compiled kernels, there or not; None when nothing is to be kept."""
    named = os.environ.get(FOLDER)
    if named is None:
        return platformdirs.user_cache_path("cxsim")
    return None if named == OFF else Path(named)


def _writable(place: Path) -> bool:
    """Make the folder if need be; return whether kernels can be kept there, and say so if not."""
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(place, os.W_OK):
            raise PermissionError("it cannot be written")
    except OSError as error:
        _say_not_kept(place, error)
        return False
    return True


def _say_not_kept(place: Path, error: OSError) -> None:
    say(f"the compiled model cannot be kept in {place} ({error.strerror or error}); it is compiled for this run.")


def risk(place: Path) -> str:
    """Say why code from a file or folder might be somebody else's; nothing when it can only be the user's own.

    Every folder above counts too: who may write there can put another in its place, unless the folder is sticky.
    """
    if not hasattr(os, "geteuid"):  # no such owners and rights here
        return ""
    for one in (place, *place.absolute().parents):
        try:
            found = one.stat()
        except OSError:
            continue  # not there: nothing to load from it either
        if found.st_uid not in (os.geteuid(), 0):
            return f"{one} belongs to another user"
        if found.st_mode & OTHERS_WRITE and not (found.st_mode & stat.S_ISVTX and one != place):
            return f"other users may write to {one}"
    return ""


def _key(place: Path) -> bytes | None:
    """Return the key of a folder, made if need be; None where it cannot be, or is not its owner's alone."""
    file = place / KEY
    if not file.exists():
        part = file.with_name(f"{KEY}.{os.getpid()}.part")
        with suppress(OSError):
            part.touch(mode=0o600, exist_ok=False)
            part.write_bytes(secrets.token_bytes(KEY_BYTES))
            os.link(part, file)  # the first to come makes it
        with suppress(OSError):
            part.unlink()
    try:
        found = b"" if risk(file) else file.read_bytes()
    except OSError:
        return None
    return found if len(found) == KEY_BYTES else None


def _mark(key: bytes, kept: bytes) -> bytes:
    return hmac.digest(key, kept, "sha256")


def holds(start: str) -> bool:
    """Whether a kernel whose name starts so is there, and may be loaded."""
    place = folder()
    return place is not None and any(place.glob(f"{start}*{SUFFIX}")) and not risk(place)


def load_or_compile(name: str, dispatcher: Any, signature: str) -> None:
    """Give a dispatcher its machine code: from the folder, or by compiling, once for all processes that want it."""
    place = folder()
    if place is None:
        _compile(name, dispatcher, signature)
        return
    why = risk(place)
    if why:
        say(
            f"{why}, so compiled code in {place} is not used, and the model is compiled for this run; take that right "
            f"away (chmod go-w), or name another folder in {FOLDER}."
        )
        _compile(name, dispatcher, signature)
        return
    file = place / f"{name}{SUFFIX}"
    if load(file, dispatcher):
        return
    if not _writable(place):
        _compile(name, dispatcher, signature)
        return
    with _alone(file):
        if not load(file, dispatcher):
            _compile(name, dispatcher, signature)
            _save(file, dispatcher)
            _clear(place)


def load(file: Path, dispatcher: Any) -> bool:
    """Load a kernel, if it is there, whole, and the user's own; return whether."""
    if not file.exists():
        return False
    why = risk(file)
    if why:
        say(f"{why}, so the compiled model there is not used; it is compiled again.")
        return False
    key = _key(file.parent)
    try:
        kept = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        say(f"the compiled model {file} cannot be read ({error.strerror}); it is compiled again.")
        return False
    if key is None or not hmac.compare_digest(_mark(key, kept[CHECKSUM:]), kept[:CHECKSUM]):
        say(f"the compiled model {file} is damaged, or was not made here; it is compiled again.")
        return False
    context = dispatcher.targetctx
    context.refresh()
    dispatcher.add_overload(caching.CompileResultCacheImpl.rebuild(None, context, pickle.loads(kept[CHECKSUM:])))
    _note_use(file)
    return True


def _note_use(file: Path) -> None:
    """Note in a file's time, once a day at most, that it is in use."""
    with suppress(OSError):
        if time.time() - file.stat().st_mtime > DAY_SECONDS:
            file.touch()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until no other process is making this file; go on at once where the folder knows no locks."""
    with ExitStack() as held:
        with suppress(OSError, NotImplementedError):
            held.enter_context(filelock.FileLock(f"{file}.lock"))
        yield


def _save(file: Path, dispatcher: Any) -> None:
    (result,) = dispatcher.overloads.values()
    if result.library.has_dynamic_globals:
        raise ValueError(f"{file.stem} holds addresses of this process; pass what lies there to the kernel instead.")
    kept = serialize.dumps(caching.CompileResultCacheImpl.reduce(None, result))
    key = _key(file.parent)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        if key is None:
            raise PermissionError(f"its key {file.parent / KEY} cannot be used")
        part.touch(mode=0o600)
        part.write_bytes(_mark(key, kept) + kept)
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        _say_not_kept(file.parent, error)


def _clear(place: Path) -> None:
    """Delete what nobody has used for a long time, and what processes that died have left."""
    oldest = time.time() - KEPT_DAYS * DAY_SECONDS
    for file in place.iterdir():
        with suppress(OSError):
            if OURS.fullmatch(file.name) and file.stat().st_mtime < oldest:
                file.unlink()


def _compile(name: str, dispatcher: Any, signature: str) -> None:
    began = time.monotonic()
    say(f"compiling the model ({name.partition('-')[0]}) for this machine; this takes up to a minute ...", once=False)
    dispatcher.compile(signature)
    say(f"compiled in {time.monotonic() - began:.0f} s.", once=False)


def say(text: str, once: bool = True) -> None:
    """Write a line to standard error, the same one only once a process."""
    if not once or text not in _said:
        _said.add(text)
        sys.stderr.write(f"cxsim: {text}\n")
