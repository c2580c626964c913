"""What the service logs: a line for each message, whatever it quotes."""

import logging

from followthrough.domain.replayed.text import one_line


class OneLine(logging.Formatter):
    """A message neither begins another line nor reaches the terminal's controls; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging's name
        """Cleans what the record says."""
        return one_line(super().formatMessage(record))


def log_clean_lines() -> None:
    """Warnings and errors, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler])
