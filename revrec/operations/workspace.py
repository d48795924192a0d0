"""What operations act on: the database, the lake, for an entity, by an actor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

from revrec.model.people import Duty
from revrec.operations.known import Memory
from revrec.periods import Calendar
from revrec.runtime.clock import Clock, clock_of
from revrec.runtime.outbound import Outbound
from revrec.runtime.settings import Settings
from revrec.store import calendars
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.restore import check_finished
from revrec.store.transaction import Transaction

T = TypeVar("T")
_CAREFUL = Outbound()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Both stores, opened, for one entity and actor."""

    database: Database
    lake: Lake
    entity: int
    actor: str
    duties: frozenset[Duty] | None = None
    """What who acts may do with what they showed; None where nobody was asked to show anything."""
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)
    """What was read before and is kept; the same for all actors and entities."""
    served: frozenset[int] = frozenset()
    """Other entities that may be asked for, and are worked for, beside this one."""
    outbound: Outbound = _CAREFUL
    """What requests to others may do, and what signs them."""

    def run(self, operation: Callable[[Transaction], T], *, read_only: bool = False) -> T:
        """Run an operation as one SERIALIZABLE transaction."""
        return self.database.run(
            operation, entity=self.entity, actor=self.actor, read_only=read_only
        )

    def calendar(self) -> Calendar:
        """The calendar by which the entity closes."""
        return self.run(calendars.calendar, read_only=True)

    def acting_as(self, actor: str) -> Self:
        """The same stores for another actor."""
        return replace(self, actor=actor, duties=None)


@contextmanager
def open_workspace(
    settings: Settings, *, actor: str, clock: Clock | None = None, migrate: bool = False
) -> Iterator[Workspace]:
    """Open the stores, migrating if asked, and take back what a crash left in the lake.

    Raises StoreError while a restore is under way.
    """
    check_finished(settings.lake_root)
    with Database.open(settings, clock or clock_of(settings.clock)) as database:
        if migrate:
            database.migrate()
        lake = Lake(settings.lake_root)
        workspace = Workspace(
            database=database,
            lake=lake,
            entity=settings.entity,
            actor=actor,
            served=settings.served_entities,
            outbound=Outbound(
                secret=settings.webhook_secret,
                private_addresses=settings.webhook_private_addresses,
            ),
        )
        workspace.run(lake.recover)
        yield workspace
