"""Every error that Backbot raises on purpose.

    BackbotError                what went wrong and what to do, in one sentence
    ├── UsageError              the command or call was wrong
    │   ├── SettingsError       a setting has no such name or value
    │   ├── CorpusError         the corpus cannot be read; names each broken file
    │   ├── SourceError         what `import` was given cannot be taken
    │   ├── PackError           a file is no sound pack of an index
    │   ├── PortInUseError      another program listens there
    │   └── RequestError        an API call's body or parameters (400 and its kin)
    ├── ModelError              the sentence encoder is missing, foreign or damaged
    ├── IndexUnavailableError   there is no index to open
    │   ├── IndexDamagedError   files are missing, changed or not what they should be
    │   ├── IndexOutdatedError  written by another version of Backbot
    │   └── VersionGoneError    a database no longer has the version that was being read
    ├── JournalError            the journal cannot be read or changed
    ├── BusyError               more is asked than can be answered right now (503)
    └── WriteError              the disk is full or the folder is not ours to write

Each class has an `exit_code` for the command line and a `status` and `code` for HTTP. A message
never holds what a reader typed.
"""

from collections.abc import Sequence


class BackbotError(Exception):
    """Something went wrong that a person can mend; `str(error)` says how."""

    exit_code = 2
    status = 500
    code = "internal"


class UsageError(BackbotError):
    """The command or call was wrong."""

    status = 400
    code = "bad_request"


class SettingsError(UsageError):
    """A setting has no such name or value."""


class CorpusError(UsageError):
    """The corpus cannot be read. `problems` holds one sentence for each broken file."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        lead = "" if count == 1 else f"{count} problems in the corpus: "
        super().__init__(lead + " ".join(self.problems))


class SourceError(UsageError):
    """What `import` was given cannot be taken."""


class PackError(UsageError):
    """A file is no sound pack of an index."""


class PortInUseError(UsageError):
    """Another program already listens on the address."""


class RequestError(UsageError):
    """An API call that cannot be served as it was sent.

    `retry_after` is how many seconds later it can be, None if it never can.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "bad_request",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class ModelError(BackbotError):
    """The sentence encoder is missing, foreign or damaged."""

    status = 503
    code = "not_ready"


class IndexUnavailableError(BackbotError):
    """There is no index to open."""

    status = 503
    code = "not_ready"


class IndexDamagedError(IndexUnavailableError):
    """Index files are missing, changed, or not what they should be."""


class IndexOutdatedError(IndexUnavailableError):
    """The index was written by another version of Backbot."""


class VersionGoneError(IndexUnavailableError):
    """A database no longer has the version that was being read; there is another to open."""


class JournalError(BackbotError):
    """The journal cannot be read or changed."""


class BusyError(BackbotError):
    """More is asked than can be answered right now; `retry_after` seconds later it may be."""

    status = 503
    code = "busy"
    retry_after = 2


class WriteError(BackbotError):
    """The disk is full, or the folder is not ours to write."""
