"""Named dependencies of the routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from connectors.service import Service
from knowledge.snapshot import Snapshot


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


def _snapshot(service: ServiceDep) -> Snapshot:
    return service.snapshots.newest


SnapshotDep = Annotated[Snapshot, Depends(_snapshot)]
