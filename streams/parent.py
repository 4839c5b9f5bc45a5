"""Child processes that end with their parent, however it ends: a kill -9 of `weisu up` leaves nothing behind.

Linux only; elsewhere a child outlives a parent that was killed, and the operator ends it.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_SET_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
# Loaded here: between fork and exec nothing may be.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def tied() -> Callable[[], None] | None:
    """What to give to Popen as `preexec_fn`. The tie is to the calling thread: call it in one that stays."""
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def tie() -> None:
        prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the tie was made
            os._exit(1)

    return tie
