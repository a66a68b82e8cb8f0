"""`daoban serve` and `daoban doctor`."""

from __future__ import annotations

import shutil
import socket
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from connectors.artefacts import NotSetUp, artefact, current, load_vectors
from connectors.cli.common import Failure
from connectors.local_files import LocalFileError
from connectors.service import make_service
from connectors.settings import BUILD, Settings
from knowledge.snapshot import SnapshotError


def _require_port(host: str, port: int) -> None:
    """Raises Failure where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Failure(
                f"{host} 的 {port} 端口用不了，多半是别的程序占着。换一个，比如 --port {port + 1}。"
            ) from None


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Run the whole service: the app, and Rasa behind it."""
    settings = Settings()
    _require_port(host, port)
    try:
        service = make_service(settings)
    except (NotSetUp, SnapshotError, LocalFileError) as error:
        raise Failure(str(error)) from None
    except SQLAlchemyError:
        raise Failure("数据库打不开，请检查 DAOBAN_DATABASE_URL 和 DAOBAN_DATA_DIR。") from None
    import uvicorn

    from connectors.app import create_app

    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"导办：http://{shown}:{port}/ （语言引擎还要十几秒才全好）")
    config = uvicorn.Config(
        create_app(service), host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=10
    )
    uvicorn.Server(config).run()


def doctor() -> None:
    """Say what is wrong with a set-up, and what to do. Exit 1 when something is."""
    settings = Settings()
    wrong: list[str] = []

    def report(name: str, trouble: str | None) -> None:
        typer.echo(f"{'✗' if trouble else '✓'} {name}{'：' + trouble if trouble else ''}")
        if trouble:
            wrong.append(name)

    for name, shown in (("rasa_python", "语言引擎环境"), ("rasa_model", "语言引擎模型"), ("model", "语义模型")):
        try:
            artefact(name)
            report(shown, None)
        except NotSetUp as error:
            report(shown, str(error))
    report("语义模型能用", None if load_vectors(settings) else "读不了语义模型，请运行 make setup。")
    try:
        make_service(settings, with_rasa=False).store.close()
        report(f"事项目录 {current().get('snapshot', '')} 和数据库", None)
    except (NotSetUp, SnapshotError, LocalFileError) as error:
        report("事项目录", str(error))
    except SQLAlchemyError:
        report("数据库", "打不开，请检查 DAOBAN_DATABASE_URL。")
    free = shutil.disk_usage(BUILD if BUILD.exists() else BUILD.parent).free / 2**30
    report(f"磁盘剩余 {free:.1f} GB", None if free > 1 else "太少，请清理。")
    if wrong:
        raise Failure(f"有 {len(wrong)} 项不对。")
