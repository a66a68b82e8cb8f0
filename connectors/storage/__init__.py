"""What is kept: conversations and issued notices. SQLite by default, PostgreSQL by URL."""

from connectors.storage.store import Store, open_store

__all__ = ["Store", "open_store"]
