"""``followthrough``, and ``python -m followthrough``."""

import atexit
import contextlib
import os
import sys

from followthrough.cli import app


def main() -> None:
    """Ends with the last of what is to be done at an exit.

    Where Python is taken apart around the threads of Temporal's core, it crashes or stands still, now and then:
    github.com/temporalio/sdk-python/issues/300.
    """
    exit_code = 1  # of an exception that nobody catches

    @atexit.register  # what is registered first is done last
    def end() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(exit_code)

    try:
        app(prog_name="followthrough")
    except SystemExit as ended:
        exit_code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


if __name__ == "__main__":
    main()
