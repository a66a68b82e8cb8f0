"""The command line of setup: `python3 -m scripts.setup`, run by `make setup`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from .artefacts import SetupError, disk_full
from .commands import Progress
from .stages import TOTAL, Setup


def main() -> int:
    """Run setup; whatever goes wrong is one plain sentence on stderr. Returns the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Setup(Path(__file__).resolve().parents[2], dict(os.environ), Progress(TOTAL, sys.stdout)).run()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断，没有留下半成品；再运行 make setup，会从没做完的一步接着做。", file=sys.stderr)
        return 130
    except OSError as error:
        if disk_full(error):
            print("磁盘满了，请腾出空间后再运行 make setup。", file=sys.stderr)
        else:
            print(
                f"读写不了 {error.filename or '.build'}（{error.strerror}），请检查权限后再运行 make setup。",
                file=sys.stderr,
            )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
