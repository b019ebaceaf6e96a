"""Publish: upload the index to a bucket, or download a published one."""

from typing import TYPE_CHECKING

from spotrec.errors import NoIndex
from spotrec.index.pull import pull
from spotrec.index.push import IndexPush, push
from spotrec.operations.results import PulledIndex
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.s3.files import S3Files
from spotrec.s3.place import S3Place
from spotrec.track import track_ids

if TYPE_CHECKING:
    from spotrec.index.index import Index


def push_index(session: Session, address: str, *, progress: Progress | None) -> IndexPush:
    """See `Recommender.push_index`."""
    with session.view(progress) as view:
        try:
            return push(view.settings.index_path, view.ears, _files_at(view, address), view.progress)
        except NoIndex as missing:
            raise NoIndex(missing.message, session.way_to_index(view.ears)) from missing


def pull_index(session: Session, address: str, *, progress: Progress | None) -> PulledIndex:
    """See `Recommender.pull_index`."""
    with session.view(progress) as view:
        n_tags = len(view.tag_names)
        pulled = pull(view.settings.index_path, view.ears, _files_at(view, address), view.progress, n_tags=n_tags)
        index = pulled.index
        return PulledIndex(
            index.name,
            pulled.address,
            index.folder,
            str(view.ears),
            len(index),
            _n_known(view, index),
            pulled.n_bytes,
            pulled.n_bytes_here,
        )


def _files_at(view: View, address: str) -> S3Files:
    return S3Files(S3Place(address, view.settings, "an index in S3"))


def _n_known(view: View, index: "Index") -> int:
    if not view.settings.store_path.is_file():
        return 0
    store, n = view.session.store(), 0
    with view.progress.meter("look up its tracks", len(index)) as meter:
        for part in index.blocks():
            n += len(store.tracks.in_catalogue(track_ids(part.ids.tolist())))
            meter.advance(len(part))
    return n
