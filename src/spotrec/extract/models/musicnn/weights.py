"""Where musicnn's weights are had: inside its authors' package, whose pins forbid to install it beside ours."""

from spotrec.extract.weights.pip_wheel import PipWheel
from spotrec.extract.weights.published_files import PublishedFile

_CHECKPOINT = "musicnn/MSD_musicnn/"  # there its files have names that begin with a dot

WEIGHTS = PipWheel(
    whose="musicnn's",
    requirement="musicnn==0.1.0",
    wheel=PublishedFile(
        "musicnn-0.1.0-py3-none-any.whl", 29_292_476, "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
    ),
    members=(
        (
            f"{_CHECKPOINT}.index",
            PublishedFile(
                "musicnn/MSD_musicnn.index", 4_948, "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8"
            ),
        ),
        (
            f"{_CHECKPOINT}.data-00000-of-00001",
            PublishedFile(
                "musicnn/MSD_musicnn.data-00000-of-00001",
                9_465_596,
                "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
            ),
        ),
        (
            "musicnn-0.1.0.dist-info/LICENSE.md",
            PublishedFile(
                "musicnn/LICENSE.md", 817, "60c4194f702ddd969f969577743546327b4e9db560c07ec286be5cec27f55fcd"
            ),
        ),
    ),
    setting="musicnn_weights",
)
