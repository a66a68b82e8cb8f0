"""The command `daoban`. Stdout carries the answer only, logs go to stderr."""

from __future__ import annotations

import logging
import sys

import structlog
import typer
from pydantic import ValidationError

from connectors.cli import catalogue, evaluate, localise, ratings, serve, stuck, talk
from connectors.cli.common import Failure

app = typer.Typer(name="daoban", no_args_is_help=True, add_completion=False, help="导办：一句话，一次说清。")
app.command("serve")(serve.serve)
app.command("doctor")(serve.doctor)
app.command("chat")(talk.chat)
app.command("match")(talk.match)
app.command("parse")(talk.parse)
app.command("notice")(talk.notice)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(localise.app, name="localise")
app.add_typer(stuck.app, name="stuck")
app.command("ratings")(ratings.ratings)
app.add_typer(evaluate.app, name="eval")
app.add_typer(evaluate.bench, name="bench")


def logs_to_stderr() -> None:
    """Log to stderr. A fault's traceback is plain: values of variables would hold what citizens said, and secrets."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # the stream of the moment, not of the start
    )


def main() -> None:
    """Run the command. Exit 0 done, 2 bad arguments, 1 otherwise; never a traceback for a known failure."""
    logs_to_stderr()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except Failure as failure:
        typer.echo(str(failure), err=True)
        sys.exit(failure.status)
    except ValidationError as error:
        typer.echo("；".join(one["msg"].removeprefix("Value error, ") for one in error.errors()), err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except Exception as error:
        # Typer carries a click of its own, so its errors are known by what they can do.
        if not hasattr(error, "format_message"):
            raise
        typer.echo(f"{error.format_message()}（用法见 daoban --help）", err=True)
        sys.exit(int(getattr(error, "exit_code", 1)))


if __name__ == "__main__":
    main()
