"""What the store must do on every database; a test class adds the fixtures `store` and `url`."""

from __future__ import annotations

import datetime as dt
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, update

from bot.deciding.state import Answer, State
from connectors.settings import CONVERSATION_DAYS
from connectors.storage import Store, open_store
from connectors.storage.store import MIGRATIONS, NOTICE_DAYS, Conflict
from connectors.storage.tables import Base, ConversationRow, NoticeRow
from knowledge.notice import Notice, build_notice
from knowledge.snapshot import Snapshot


class StoreChecks:
    """The checks."""

    @pytest.fixture
    def notice(self, snapshot: Snapshot) -> Notice:
        return build_notice(snapshot, "SH013", {"age_16": "adult", "hukou_place": "local"})

    def test_a_conversation_comes_back_as_it_was(self, store: Store) -> None:
        assert store.load("api:c") is None
        state = State(
            item="YJ001",
            answers=(Answer(fact="premises", value="rented"), Answer(fact="dining_area", value=60.5)),
            asked="signboard",
            parked={"SH013": (Answer(fact="age_16", value=None),)},
            said="饭馆𠮷👍",
            last=({"type": "text", "text": "好"},),
        )
        store.save("api:c", state, 0)
        assert store.load("api:c") == (state, 1)
        later = state.model_copy(update={"asked": None, "told": True})
        store.save("api:c", later, 1)
        assert store.load("api:c") == (later, 2)
        assert store.load("api:d") is None

    def test_the_longest_key_fits(self, store: Store) -> None:
        key = "wechat:" + "键" * 128
        store.save(key, State(), 0)
        assert store.load(key) == (State(), 1)

    def test_a_writer_that_comes_late_is_refused(self, store: Store) -> None:
        store.save("api:c", State(item="SH013"), 0)
        with pytest.raises(Conflict):
            store.save("api:c", State(item="SH029"), 0)
        store.save("api:c", State(item="YJ001"), 1)
        for version in (1, 3):
            with pytest.raises(Conflict):
                store.save("api:c", State(item="SH029"), version)
        with pytest.raises(Conflict):
            store.save("api:nobody", State(), 1)
        assert store.load("api:c") == (State(item="YJ001"), 2)

    def test_of_writers_at_the_same_time_one_wins(self, store: Store) -> None:
        store.save("api:c", State(), 0)
        together = threading.Barrier(6)

        def write(number: int) -> bool:
            together.wait()
            try:
                store.save("api:c", State(said=str(number)), 1)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            won = list(pool.map(write, range(6)))
        assert won.count(True) == 1
        assert store.load("api:c") == (State(said=str(won.index(True))), 2)

    def test_of_those_who_begin_a_conversation_at_the_same_time_one_wins(self, store: Store) -> None:
        for turn in range(5):
            together = threading.Barrier(4)

            def begin(number: int, key: str = f"api:{turn}", together: threading.Barrier = together) -> bool:
                together.wait()
                try:
                    store.save(key, State(said=str(number)), 0)
                except Conflict:
                    return False
                return True

            with ThreadPoolExecutor(4) as pool:
                assert list(pool.map(begin, range(4))).count(True) == 1

    def test_forgetting(self, store: Store) -> None:
        store.save("api:c", State(), 0)
        store.forget("api:c")
        store.forget("api:c")
        assert store.load("api:c") is None
        store.save("api:c", State(), 0)

    def test_a_notice_is_numbered_and_comes_back_as_issued(self, store: Store, notice: Notice) -> None:
        issued = store.issue(notice)
        assert issued.issued is not None and issued.token is not None
        assert re.fullmatch(r"[0-9A-Za-z]{22}", issued.token)
        assert re.fullmatch(r"DB\d{8}-000001", issued.issued.number)
        assert store.notice(issued.token) == issued
        assert issued.model_copy(update={"issued": None, "token": None}) == notice
        assert store.notice("a" * 22) is None

    def test_numbers_count_up_and_tokens_differ(self, store: Store, notice: Notice) -> None:
        with ThreadPoolExecutor(4) as pool:
            issued = list(pool.map(lambda _: store.issue(notice), range(20)))
        numbers = sorted(int(one.issued.number.split("-")[1]) for one in issued if one.issued)
        assert numbers == list(range(1, 21))
        assert len({one.token for one in issued}) == 20

    def test_a_notice_lasts_its_days_and_no_longer(self, store: Store, notice: Notice) -> None:
        token = store.issue(notice).token
        assert token is not None
        with store.engine.begin() as connection:
            row = connection.execute(NoticeRow.__table__.select()).one()
            assert row.expires_at - row.issued_at == dt.timedelta(days=NOTICE_DAYS)
            past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
            connection.execute(update(NoticeRow).values(expires_at=past))
        assert store.notice(token) is None

    def test_erasing_a_notice(self, store: Store, notice: Notice) -> None:
        kept, erased = store.issue(notice).token, store.issue(notice).token
        assert kept and erased
        store.erase_notice(erased)
        assert store.notice(erased) is None
        assert store.notice(kept) is not None

    def test_pruning_drops_what_is_past_its_time(self, store: Store, notice: Notice) -> None:
        now = dt.datetime.now(dt.UTC)
        store.save("api:old", State(), 0)
        store.save("api:new", State(), 0)
        old, new = store.issue(notice).token, store.issue(notice).token
        assert old and new
        with store.engine.begin() as connection:
            long_ago = now - dt.timedelta(days=CONVERSATION_DAYS, hours=1)
            connection.execute(
                update(ConversationRow).where(ConversationRow.key == "api:old").values(updated_at=long_ago)
            )
            connection.execute(update(NoticeRow).where(NoticeRow.token == old).values(expires_at=now - dt.timedelta(1)))
        store.prune()
        assert store.load("api:old") is None
        assert store.load("api:new") is not None
        assert store.notice(new) is not None
        with store.engine.connect() as connection:
            assert [row.token for row in connection.execute(NoticeRow.__table__.select())] == [new]

    def test_nothing_that_is_kept_says_who_spoke(self) -> None:
        columns = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
        assert columns == {
            "key", "state", "version", "updated_at", "token", "number", "code", "facts", "snapshot", "notice",
            "issued_at", "expires_at", "series", "last", "why", "item", "talk", "opened_at", "due", "answer", "closed_at",
            "id", "grade", "at",
        }  # fmt: skip

    def test_opening_again_keeps_what_is_there(self, store: Store, url: str, notice: Notice) -> None:
        store.save("api:c", State(item="SH013"), 0)
        token = store.issue(notice).token
        assert token is not None
        again = open_store(url)
        assert again.load("api:c") == (State(item="SH013"), 1)
        assert again.notice(token) is not None
        again.close()

    def test_migrations_lead_to_the_tables_and_back(self, store: Store, url: str) -> None:
        engine = create_engine(url)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))

        def described() -> dict[str, set[tuple[str, bool]]]:
            inspector = inspect(engine)
            return {
                table: {(column["name"], bool(column["nullable"])) for column in inspector.get_columns(table)}
                for table in inspector.get_table_names()
                if table != "alembic_version"
            }

        expected = {
            table.name: {(column.name, bool(column.nullable)) for column in table.columns}
            for table in Base.metadata.sorted_tables
        }
        assert described() == expected
        for go, found in ((command.downgrade, {}), (command.upgrade, expected)):
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                go(config, "base" if go is command.downgrade else "head")
            assert described() == found
        engine.dispose()
