"""What the app serves from: built once at start-up, closed at the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from bot.hearing.hear import Ears, QueryEncoder
from bot.hearing.rasa import NoParser
from connectors.artefacts import NotSetUp, Snapshots, artefact, current, load_newest, load_vectors
from connectors.conversations import Conversations
from connectors.hall.ratings import Ratings
from connectors.hall.stuck import StoredStuckCases
from connectors.local_files import LocalFileError
from connectors.rasa_process import RasaProcess
from connectors.settings import Settings
from connectors.storage import Store, open_store
from knowledge.snapshot import Snapshot, SnapshotError

log = structlog.get_logger()

LOOK_FOR_SNAPSHOT_S = 5.0
PRUNE_EVERY_S = 3600.0


@dataclass
class Service:
    """Everything a route may use."""

    settings: Settings
    store: Store
    snapshots: Snapshots
    conversations: Conversations
    stuck: StoredStuckCases
    rasa: RasaProcess | None = None
    warm: bool = False

    @property
    def ready(self) -> bool:
        """Whether both processes have answered once; later trouble is `degraded`, not unready."""
        return self.warm


def warm_up(snapshot: Snapshot, encoder: QueryEncoder | None) -> None:
    """Make everything that would slow a first visitor: tables, index, the encoder's first run."""
    for code in snapshot.tables:
        snapshot.tables[code].case({})
    snapshot.matcher.match("身份证丢了", encoder.encode_query("身份证丢了") if encoder else None)
    snapshot.matcher.repaired("护造丢了")


def make_service(settings: Settings, *, with_rasa: bool = True) -> Service:
    """Load all that serving needs. Raises NotSetUp, SnapshotError or SQLAlchemy's errors."""
    snapshot = load_newest(settings)
    vectors = load_vectors(settings) if snapshot.vectors is not None else None
    rasa = None
    if with_rasa:
        run = settings.data_dir / "run"
        rasa = RasaProcess(artefact("rasa_python"), artefact("rasa_model"), run / "rasa.pid", run / "rasa.log")
    store = open_store(settings.database)
    stuck = StoredStuckCases(store.engine)
    snapshots = Snapshots(snapshot)
    ears = Ears(rasa or NoParser(), vectors)
    conversations = Conversations(
        store,
        snapshots,
        ears,
        stuck,
        Ratings(store.engine),
        base_url=settings.public_url,
        a_minute=settings.messages_a_minute,
        redis_url=settings.redis_url,
    )
    return Service(settings, store, snapshots, conversations, stuck, rasa)


async def keep_fresh(service: Service) -> None:
    """Swap to a newer snapshot when one was built, and drop what is past its time. Runs until cancelled."""
    pruned = 0.0
    while True:
        await asyncio.sleep(LOOK_FOR_SNAPSHOT_S)
        pruned += LOOK_FOR_SNAPSHOT_S
        try:
            if current().get("snapshot") not in (None, service.snapshots.newest.id):
                fresh = await asyncio.to_thread(load_newest, service.settings)
                await asyncio.to_thread(warm_up, fresh, service.conversations.ears.encoder)
                service.snapshots.swap(fresh)
                log.info("snapshot_swapped", snapshot=fresh.id)
            if pruned >= PRUNE_EVERY_S:
                pruned = 0.0
                await asyncio.to_thread(service.store.prune)
                await asyncio.to_thread(service.stuck.prune)
        except (NotSetUp, SnapshotError, LocalFileError) as error:
            log.warning("snapshot_not_swapped", kind=type(error).__name__)
