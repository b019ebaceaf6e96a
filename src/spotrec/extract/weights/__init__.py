"""Networks' weights: download, check, install."""

from spotrec.extract.weights.installation import (
    WeightsStatus,
    digest_in_use,
    find_or_fetch,
    install,
    installed_path,
    remove,
    status,
)

__all__ = ["WeightsStatus", "digest_in_use", "find_or_fetch", "install", "installed_path", "remove", "status"]
