"""Compiled kernels on disk, in a place of the user's own, under a digest of all that they were made from.

Numba's own cache looks at one file and at no option: change a rule in another file, and it goes on answering with the
old one. Here the name of a kernel's file is the digest of what it was compiled from; change a rule, an option, a
library or the processor, and it is another file. A file says its own checksum, so that a damaged one is found out and
made anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import filelock
import llvmlite.binding as llvm
import platformdirs
from numba.core import caching, serialize

FOLDER = "CXSIM_CACHE"
"""Environment variable that names another folder; "" for none."""
OFF = ""
SUFFIX = ".kernel"
CHECKSUM = hashlib.sha256().digest_size
_said: set[str] = set()


def versions() -> tuple[str, ...]:
    """What compiled code depends on besides its source: interpreter, libraries, processor."""
    libraries = [f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy")]
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return (sys.version, llvm.get_process_triple(), *libraries, *processor)


def folder() -> Path | None:
    """Return the folder of compiled kernels, made if need be; None when there is none that can be written."""
    named = os.environ.get(FOLDER)
    if named == OFF and named is not None:
        return None
    place = Path(named) if named else platformdirs.user_cache_path("cxsim")
    try:
        place.mkdir(parents=True, exist_ok=True)
        if not os.access(place, os.W_OK):
            raise PermissionError("it cannot be written")
    except OSError as error:
        say(f"the compiled model cannot be kept in {place} ({error.strerror or error}); it is compiled for this run.")
        return None
    return place


def holds(start: str) -> bool:
    """Whether a kernel whose name starts so is there."""
    place = folder()
    return place is not None and any(place.glob(f"{start}*{SUFFIX}"))


def load_or_compile(name: str, dispatcher: Any, signature: str) -> None:
    """Give a dispatcher its machine code: from the folder, or by compiling, once for all processes that want it."""
    place = folder()
    if place is None:
        _compile(name, dispatcher, signature)
        return
    file = place / f"{name}{SUFFIX}"
    if load(file, dispatcher):
        return
    with filelock.FileLock(f"{file}.lock"):
        if not load(file, dispatcher):
            _compile(name, dispatcher, signature)
            _save(file, dispatcher)


def load(file: Path, dispatcher: Any) -> bool:
    """Load a kernel, if it is there and whole; return whether."""
    try:
        kept = file.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        say(f"the compiled model {file} cannot be read ({error.strerror}); it is compiled anew.")
        return False
    if hashlib.sha256(kept[CHECKSUM:]).digest() != kept[:CHECKSUM]:
        say(f"the compiled model {file} is damaged; it is compiled anew.")
        return False
    context = dispatcher.targetctx
    context.refresh()
    dispatcher.add_overload(caching.CompileResultCacheImpl.rebuild(None, context, pickle.loads(kept[CHECKSUM:])))
    return True


def _save(file: Path, dispatcher: Any) -> None:
    (result,) = dispatcher.overloads.values()
    kept = serialize.dumps(caching.CompileResultCacheImpl.reduce(None, result))
    part = file.with_suffix(f".{os.getpid()}")
    try:
        part.write_bytes(hashlib.sha256(kept).digest() + kept)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        say(f"the compiled model cannot be kept in {file.parent} ({error.strerror}); it is compiled for this run.")


def _compile(name: str, dispatcher: Any, signature: str) -> None:
    began = time.monotonic()
    say(
        f"compiling the model ({name.partition('-')[0]}) for this machine, once; this takes up to a minute ...",
        once=False,
    )
    dispatcher.compile(signature)
    say(f"compiled in {time.monotonic() - began:.0f} s.", once=False)


def say(text: str, once: bool = True) -> None:
    """Write a line to standard error, the same one only once a process."""
    if not once or text not in _said:
        _said.add(text)
        sys.stderr.write(f"cxsim: {text}\n")
