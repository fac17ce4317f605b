"""What a database holds, for `backbot doctor`."""

from contextlib import suppress

from backbot.cli.findings import Finding, Holding, split
from backbot.errors import BackbotError
from backbot.index.contents import Index
from backbot.index.layout import Manifest, current_version, read_manifest
from backbot.index.postgres.address import check_driver
from backbot.index.source import Database
from backbot.index.store import open_index
from backbot.settings import Settings


def read_database(
    settings: Settings, findings: list[Finding]
) -> tuple[Holding | None, Index | None, Manifest | None]:
    """Return what the database of `settings` holds, and beside it the index and manifest out of
    which it was written, where they lie on this host; adds what is amiss to `findings`."""
    index, manifest = None, None
    with suppress(BackbotError):
        index = open_index(settings.root)
        manifest = read_manifest(settings.root, index.version)
    try:
        check_driver()
        from backbot.index.postgres.read import PostgresIndex

        source = Database(settings.index, settings.root)
        stored = source.open(source.current())
        versions, size = source.size()
    except BackbotError as error:
        findings.append(split(str(error)))
        return None, index, manifest
    assert isinstance(stored, PostgresIndex)
    source.close()
    if manifest is not None and current_version(settings.root) != stored.version:
        findings.append(
            Finding(
                state="stale",
                problem=f"The database serves another version than the folder {settings.root}.",
                mend="To let it serve what the corpus says, run `backbot rebuild-index`.",
            )
        )
    holding = Holding(
        version=stored.version,
        versions_kept=versions,
        counts=stored.counts._asdict(),
        model=stored.encoder.card.name,
        dimensions=stored.encoder.dimensions,
        bytes=size,
        opens=True,
        recall=stored.recall,
    )
    return holding, index, manifest
