"""Every error that Backbot raises on purpose.

    BackbotError                what went wrong and what to do, in one sentence
    ├── UsageError              the command or call was wrong
    │   ├── SettingsError       a setting has no such name or value
    │   ├── CorpusError         the corpus cannot be read; names each broken file
    │   ├── SourceError         what `import` was given cannot be taken
    │   ├── PortInUseError      another program listens there
    │   └── RequestError        an API call's body or parameters (400 and its kin)
    ├── ModelError              the sentence encoder is missing, foreign or damaged
    ├── IndexUnavailableError   there is no index to open
    │   ├── IndexDamagedError   files are missing, changed or not what they should be
    │   └── IndexOutdatedError  written by another version of Backbot
    ├── JournalError            the journal cannot be read or changed
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


class PortInUseError(UsageError):
    """Another program already listens on the address."""


class RequestError(UsageError):
    """An API call that cannot be served as it was sent."""

    def __init__(self, message: str, *, status: int = 400, code: str = "bad_request") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


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


class JournalError(BackbotError):
    """The journal cannot be read or changed."""


class WriteError(BackbotError):
    """The disk is full, or the folder is not ours to write."""
