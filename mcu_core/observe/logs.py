"""Logs are events with fields: one JSON line each, or coloured text on a terminal."""

import logging
import sys

import structlog

LEVELS = ("debug", "info", "warning", "error")

TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without local variables: they would put passwords, tokens and session descriptions in the log."""


def set_up(process: str, level: str = "info") -> None:
    """Configure logging for a whole process; `process` names it in every line."""
    terminal = sys.stderr.isatty()
    rendering: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    # Libraries log through the standard module: warnings only, in the same place.
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format=f"{process} %(name)s %(message)s"
    )
