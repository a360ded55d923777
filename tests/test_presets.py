"""The bundled presets, and a user's own beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nntui import paths, presets
from nntui.knob import ConfigError


def test_the_three_presets_are_what_their_tutorials_say() -> None:
    loaded = {name: preset.load() for name, preset in presets.available().items()}
    assert set(loaded) >= {"xor", "logistic", "deep-binary"}
    assert loaded["xor"].data.source == "xor"
    assert (loaded["xor"].model.layers, loaded["xor"].model.activation) == ((3,), "sigmoid")
    assert (loaded["logistic"].model.layers, loaded["logistic"].model.init) == ((), "zeros")
    assert loaded["logistic"].data.source == "breast-cancer"
    assert loaded["deep-binary"].model.layers == (20, 7, 5)
    assert (loaded["deep-binary"].data.source, loaded["deep-binary"].target) == ("digits", "odd")
    for config in loaded.values():
        assert config.title
        assert len(config.description) > 100
        assert config.model.loss == "cross-entropy"


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
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)
