"""The bundled presets, and a user's own beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nntui import config, knobs, paths, presets
from nntui.cli.check import check
from nntui.config import RunConfig
from nntui.engine import Network
from nntui.knob import ConfigError
from nntui.trainer.problem import make_problem
from nntui.trainer.recall import make_loop
from nntui.trainer.weights import initial_network

BUNDLED = sorted(path.stem for path in paths.bundled_presets_dir().glob("*.toml"))
#: Making pictures takes time, and few are enough to see that a preset fits together.
FEW = {"cat-sketches": ("rows=20",)}
#: What a list of presets and a page of the start screen hold.
TITLE, DESCRIPTION = 50, (200, 450)


def quick(name: str) -> RunConfig:
    """A bundled preset with few rows where they take long."""
    loaded = presets.find(name).load()
    return loaded.with_settings(FEW.get(loaded.data.source, ()))


def start(name: str) -> Network:
    """The network that a bundled preset begins with."""
    loaded = quick(name)
    return initial_network(loaded, make_problem(loaded))


def test_there_is_a_preset_for_every_task_and_every_kind_of_start() -> None:
    loaded = [presets.find(name).load() for name in BUNDLED]
    assert len(loaded) >= 20
    assert {made.task for made in loaded} == set(knobs.TASKS)
    assert any(made.data.features for made in loaded)
    assert any(made.model.weights for made in loaded)
    assert any(not made.model.layers for made in loaded)
    assert any(made.data.image_size for made in loaded)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_preset_says_what_it_shows(name: str) -> None:
    loaded = presets.find(name).load()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert 10 <= len(loaded.title) <= TITLE
    assert not loaded.title.endswith(".")
    assert DESCRIPTION[0] <= len(loaded.description) <= DESCRIPTION[1]
    assert loaded.description.endswith((".", '"'))
    for text in (loaded.title, loaded.description):
        assert text.isprintable(), "one paragraph, wrapped where it is shown"
        assert "  " not in text
    others = [presets.find(other).load().title for other in BUNDLED if other != name]
    assert loaded.title not in others


@pytest.mark.parametrize("name", BUNDLED)
def test_what_a_description_names_is_there(name: str) -> None:
    """Presets by name, settings to try, knobs to turn."""
    loaded = presets.find(name).load()
    text = loaded.description
    for setting in re.findall(r'--set "?([^\s"]+="?[^\s"]*)', text):
        if "./" not in setting:
            loaded.with_settings([setting.rstrip(".:,")])
    for setting in re.findall(r'--set "([^"]+)"', text):
        loaded.with_settings([setting])
    for word in re.findall(r"\b(?:xor|cat|deep|digits)-[a-z0-9-]+", text):
        assert word in BUNDLED
    for knob in re.findall(r"knobs? ([a-z_]+)", text):
        assert knobs.find_knob(knob).live
    if sets := re.search(r"Set (\w+=\S+) to", text):
        loaded.with_settings([sets[1]])


@pytest.mark.parametrize("name", BUNDLED)
def test_a_preset_is_the_same_after_it_is_kept(name: str) -> None:
    loaded = presets.find(name).load()
    assert config.from_dict(loaded.to_dict()) == loaded


@pytest.mark.parametrize("name", BUNDLED)
def test_the_first_steps_of_a_preset_lower_its_loss(name: str) -> None:
    made = quick(name)
    problem = make_problem(made)
    assert problem.dataset.task == made.task
    loop = make_loop(made, problem)
    start = loop.network.loss(loop.batches.X, loop.batches.T)
    assert loop.run(30).diverged is None
    assert loop.network.loss(loop.batches.X, loop.batches.T) <= start


@pytest.mark.parametrize("name", BUNDLED)
def test_the_gradients_of_a_preset_are_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(name, list(FEW.get(presets.find(name).load().data.source, ()))) == 0
    assert "all layers within" in capsys.readouterr().out


# What the descriptions say of sizes and starts


def test_the_presets_have_the_shapes_that_they_tell() -> None:
    assert start("cat-logistic").sizes == (12_288, 1)
    cats = start("cat-deep")
    assert cats.sizes == (12_288, 20, 7, 5, 1)
    assert cats.parameters.size == pytest.approx(246_000, abs=500)
    digits = start("digits-500")
    assert digits.sizes == (1024, 500, 10)
    assert digits.parameters.size == 517_510
    assert start("logistic").sizes == (30, 1)
    assert start("iris").sizes[::2] == (4, 3)
    assert start("xor").sizes == (2, 3, 1)
    assert start("xor-two-units").sizes == (2, 2, 1)
    assert start("xor-one-unit").sizes == (2, 1)
    assert start("deep-binary").sizes == (64, 20, 7, 5, 1)
    assert start("approximator").sizes == (1, 20, 1)


def test_weights_set_by_hand_are_those_in_the_text() -> None:
    crossed = start("xor-crossed-by-hand")
    assert crossed.layers[0].W.ravel().tolist() == [1, 1, -2]
    assert crossed.layers[0].b.tolist() == [-0.5]
    table = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]])
    assert crossed.forward(table).ravel().tolist() == [-0.5, 0.5, 0.5, -0.5]
    hidden = start("xor-by-hand").layers[0]
    on = table[:, :2] @ hidden.W + hidden.b > 0
    assert on.astype(int).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]]


# Finding presets


def test_a_users_own_preset_hides_a_bundled_one(nntui_home: Path) -> None:
    own = paths.user_presets_dir()
    assert own.is_relative_to(nntui_home)
    own.mkdir(parents=True)
    (own / "xor.toml").write_text('title = "Mine"')
    assert presets.find("xor").load().title == "Mine"
    assert presets.find("logistic").path.parent == paths.bundled_presets_dir()


def test_any_file_is_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "my net.toml"
    path.write_text("[model]\nlayers = [9]\n")
    found = presets.find(str(path))
    assert (found.name, found.load().model.layers) == ("my net", (9,))


@pytest.mark.parametrize("name", ["xr", "", "XOR", "x" * 300, "\x1b[31m"])
def test_an_unknown_name_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match=r"presets: .*xor") as caught:
        presets.find(name)
    assert len(str(caught.value)) < 500
    assert "\x1b" not in str(caught.value)
