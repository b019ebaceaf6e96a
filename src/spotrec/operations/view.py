"""What one request sees: models, index and tag names that do not change, whatever other threads do."""

from functools import cached_property
from typing import TYPE_CHECKING

from spotrec.errors import IndexFault
from spotrec.extract.models.vocabulary import Vocabulary, vocabulary_of
from spotrec.operations.models_in_use import the_model
from spotrec.operations.next_step import in_fewer_excerpts
from spotrec.progress import Progress
from spotrec.store import JointEmbeddings
from spotrec.track import DEFAULT_EXCERPTS, Ears, Excerpts

if TYPE_CHECKING:
    from spotrec.extract.models import AudioModel
    from spotrec.index.index import Index
    from spotrec.operations.session import Session


class View:
    """The view of one request: models, index and tag names that do not change. It belongs to one thread.

    Attributes:
        notes: messages about the request; `note` adds one.
        allows_paths: whether names in the request may be paths on this machine; never for a client of a service.
    """

    def __init__(self, session: "Session", progress: Progress, *, paths: bool = True) -> None:
        self.session = session
        self.settings = session.settings
        self.progress = progress
        self.notes: list[str] = []
        self.allows_paths = paths

    def note(self, text: str) -> None:
        """Show a message now, and add it to the result."""
        self.notes.append(text)
        self.progress.note(text)

    @cached_property
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use when the request began."""
        return self.session.models

    @property
    def model(self) -> "AudioModel":
        """The same as `Session.model`, for the models of this request."""
        return the_model(self.models, self.settings)

    @cached_property
    def ears(self) -> Ears:
        """The models in use, as a set."""
        return Ears.of(*(model.id for model in self.models))

    @cached_property
    def excerpts(self) -> Excerpts:
        """In how many excerpts long audio is heard: what the settings say, else as most of the store was.

        Only if the settings say it, audio is heard again that was heard in fewer.
        """
        if wanted := self.settings.excerpts:
            return Excerpts(wanted, again=True)
        if not self.settings.store_path.is_file():
            return Excerpts()
        by_excerpts = self.session.store().catalogue.count_by_excerpts(self.ears)
        return Excerpts(max(by_excerpts, key=lambda n: (by_excerpts[n], n), default=DEFAULT_EXCERPTS))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tags of these models."""
        return vocabulary_of(self.models)

    @property
    def tag_names(self) -> tuple[str, ...]:
        """The names of these tags."""
        return self.vocabulary.names

    @cached_property
    def embeddings(self) -> JointEmbeddings:
        """The embeddings of these models, as one."""
        return JointEmbeddings(self.session.store(), self.ears, self.vocabulary.mix)

    def check_index(self) -> None:
        """Load the index, so that an operation that needs it fails before it fetches or changes anything.

        Raises:
            IndexFault: there is no index, or it is damaged.
        """
        _ = self.built

    @cached_property
    def built(self) -> "Index":
        """The index as it was built.

        Raises:
            IndexFault: there is no index, or it is damaged.
        """
        from spotrec.index.manifest import VOCABULARY

        index = self.session.index(self.ears)
        is_of_it = index.manifest.versions.get(VOCABULARY, "") == self.vocabulary.version
        if is_of_it and len(index.tag_means) != len(self.tag_names):
            raise IndexFault(
                f"the index {index.name} is damaged: it has {len(index.tag_means)} tags; its models have "
                f"{len(self.tag_names)}",
                "build it again: `spotrec index`",
            )
        return index.with_vocabulary(self.vocabulary.version, len(self.tag_names))

    def index(self) -> "Index":
        """Return the index of the models in use, with tracks added since it was built."""
        from spotrec.index.changes import changes, rebuild_is_due, with_changes

        index = with_changes(self.built, self.embeddings)
        beside = changes(index)
        n = beside.new + beside.replaced
        if rebuild_is_due(n, len(self.built)):
            self.note(f"{n:,} tracks changed since the index was built, which slows the search: run `spotrec index`")
        if (left_out := self.built.manifest.partly_heard - beside.new) > 0:  # new ones may be heard by all since
            self.note(
                f"{left_out:,} tracks are not ranked, because not all of {self.ears.name} have heard them: "
                "`spotrec extract`, then `spotrec index`"
            )
        excerpts, in_fewer = self.session.store().catalogue.count_in_fewer(self.ears)
        if in_fewer:
            self.note(in_fewer_excerpts(in_fewer, len(index), excerpts))
        return index
