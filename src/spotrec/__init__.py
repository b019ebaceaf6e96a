"""Give it a track, get the tracks that sound like it.

`Recommender` does all that the command line does: crawl, extract, index, query.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotrec.recommender import Recommender as Recommender

__version__ = "0.1.0"
__all__ = ["Recommender", "__version__"]


def __getattr__(name: str) -> Any:
    """Load `Recommender` when it is first asked for, so that `spotrec --help` need not."""
    if name == "Recommender":
        from spotrec.recommender import Recommender

        return Recommender
    raise AttributeError(name)
