"""The one-time notice: its data, how it is put together, and how it is shown."""

from knowledge.notice.build import build_notice, nearest_sites
from knowledge.notice.model import Notice, issue

__all__ = ["Notice", "build_notice", "issue", "nearest_sites"]
