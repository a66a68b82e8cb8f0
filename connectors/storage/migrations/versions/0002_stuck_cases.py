"""Stuck cases.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stuck_cases",
        sa.Column("number", sa.String(32), primary_key=True),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("item", sa.String(8), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("talk", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_stuck_cases_due", "stuck_cases", ["due"])


def downgrade() -> None:
    op.drop_table("stuck_cases")
