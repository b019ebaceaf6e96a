"""Account: sign in to Spotify, sign out, and show the account in use."""

from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.spotify.login import SignedOut, WhoAmI, sign_in, sign_out, who_am_i


def login(session: Session, *, port: int, open_browser: bool, timeout_s: float, progress: Progress | None) -> WhoAmI:
    """See `Recommender.login`."""
    return sign_in(
        session.settings, progress or session.progress, port=port, open_browser=open_browser, timeout_s=timeout_s
    )


def logout(session: Session, *, everyone: bool) -> SignedOut:
    """See `Recommender.logout`."""
    return sign_out(session.settings, everyone=everyone)


def whoami(session: Session) -> WhoAmI:
    """See `Recommender.whoami`."""
    return who_am_i(session.settings)
