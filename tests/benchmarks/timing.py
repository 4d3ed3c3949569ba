"""What the benchmarks share: processes of their own, memory, and the machine they ran on."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Found = TypeVar("Found")
# ru_maxrss counts kilobytes, except on macOS, where it counts bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def apart(work: Callable[..., Found], *arguments: Any) -> Found:
    """Do something in a fresh process, whose memory and start are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, which other programs on the machine disturb least."""
    began = time.process_time()
    work()
    return time.process_time() - began


def peak_bytes() -> int:
    """Most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def machine() -> str:
    """Processor, cores and interpreter, in one line."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text("utf-8").splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
