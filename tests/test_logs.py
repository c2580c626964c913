import logging

from followthrough.logs import OneLine


def test_what_a_message_quotes_is_one_clean_line() -> None:
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "Jira refused: %s", ("no\nERROR forged \x1b[31m",), None)
    assert OneLine().format(record) == "Jira refused: no ERROR forged [31m"
