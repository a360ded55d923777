from __future__ import annotations

import numpy as np
import pytest

from nntui.data.dataset import DataError
from nntui.data.sketches import OTHERS, Canvas, cat_sketches
from nntui.engine import Network, make_optimizer


def canvas(size: int = 40, tilt: float = 0.0, x: float = 0.0, way: float = 1.0) -> Canvas:
    """A black picture whose frame is the picture itself, −1..1, unless it is moved."""
    return Canvas(size, x=np.array([x]), y=np.zeros(1), scale=np.ones(1), tilt=np.array([tilt]), way=np.array([way]))


def covered(c: Canvas, distance: np.typing.NDArray[np.float32]) -> float:
    """The area that a shape covers, in units of the frame."""
    before = c.pixels.sum()
    c.paint(distance, (1.0, 1.0, 1.0))
    return float((c.pixels.sum() - before) / c.pixels.size * 4)


def test_sketches_fit_together() -> None:
    data = cat_sketches("cat", 40, 0.0, 0)
    assert data.X.shape == (40, 64 * 64 * 3)
    assert data.X.dtype == data.T.dtype == np.float64
    assert data.T.shape == (40, 1)
    assert data.T.sum() == 20
    assert data.image == (64, 64, 3)
    assert data.value_range == (0.0, 255.0)
    assert 0 <= data.X.min() < 60
    assert 200 < data.X.max() <= 255
    assert data.classes == ("not cat", "cat")
    assert data.outputs == (data.target,) == ("cat",)
    assert len(data.features) == len(set(data.features)) == 64 * 64 * 3
    assert data.features[:4] == (
        "row 1 column 1 red",
        "row 1 column 1 green",
        "row 1 column 1 blue",
        "row 1 column 2 red",
    )


def test_the_usual_number_and_size() -> None:
    assert cat_sketches("cat", 0, 0.0, 0, size=8).X.shape == (600, 8 * 8 * 3)
    assert cat_sketches("cat", 5, 0.0, 0, size=32).image == (32, 32, 3)
    assert cat_sketches("cat", 5, 0.0, 0, size=32).T[:, 0].tolist() == [1, 0, 1, 0, 1]


def test_the_seed_alone_decides() -> None:
    one, again, other = (cat_sketches("cat", 30, 0.1, seed, 16).X for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert not np.array_equal(one, other)


def test_no_two_sketches_are_alike() -> None:
    X = cat_sketches("cat", 200, 0.0, 0, 16).X
    assert len(np.unique(X, axis=0)) == 200


def test_noise_is_a_share_of_white_and_stays_in_range() -> None:
    clean, noisy = (cat_sketches("cat", 30, noise, 0, 32).X for noise in (0.0, 0.05))
    # Where five standard deviations of noise fit on either side, none of it is clipped.
    inside = (clean > 64) & (clean < 191)
    assert (noisy - clean)[inside].std() == pytest.approx(0.05 * 255, rel=0.03)
    wild = cat_sketches("cat", 30, 1.0, 0, 32).X
    assert (wild.min(), wild.max()) == (0.0, 255.0)


def test_the_two_classes_are_equally_bright_and_their_means_alike() -> None:
    data = cat_sketches("cat", 600, 0.0, 0, 16)
    cats, others = data.X[data.T[:, 0] == 1], data.X[data.T[:, 0] == 0]
    assert abs(cats.mean() - others.mean()) < 10
    assert np.abs(cats.mean(axis=0) - others.mean(axis=0)).mean() < 0.25 * data.X.std(axis=0).mean()


def held_out_accuracy(layers: tuple[int, ...]) -> float:
    """What a network that has learned from four fifths of the sketches gets right in the last fifth."""
    data = cat_sketches("cat", 600, 0.0, 0, 24)
    X, T = data.X / 255, data.T
    X = (X - X[:480].mean(axis=0)) / X[:480].std(axis=0)
    network = Network((X.shape[1], *layers, 1), activation="relu", init="he", seed=0)
    optimizer = make_optimizer("adam", network.parameters)
    order = np.random.default_rng(0)
    for _ in range(30):
        for batch in order.permutation(480).reshape(-1, 32):
            network.backward(X[batch], T[batch], l2=0.03)
            optimizer.step(network.parameters, network.gradients, 0.001)
    return float((network.predict(X[480:]) == T[480:]).mean())


def test_a_deep_network_tells_cats_where_a_single_unit_cannot() -> None:
    assert held_out_accuracy(()) < 0.85
    assert held_out_accuracy((20, 7, 5)) > 0.9


def test_every_kind_is_drawn_in_turn_and_looks_unlike_the_rest() -> None:
    data = cat_sketches("cat", 2 * 40 * len(OTHERS), 0.0, 0, 24)
    # Contrast with the corner above, light or dark: what is left is the shape.
    pictures = data.X.reshape(len(data.X), 24, 24, 3).mean(axis=3)
    shape = np.abs(pictures - pictures[:, :1, :1])
    kinds = [shape[0::2], *(shape[1::2][k :: len(OTHERS)] for k in range(len(OTHERS)))]
    means = np.array([kind[::2].mean(axis=0) for kind in kinds])
    for number, kind in enumerate(kinds):
        distance = ((kind[1::2, None] - means) ** 2).sum(axis=(2, 3))
        assert (distance.argmin(axis=1) == number).mean() > 2.5 / len(kinds)


def test_a_polygon_covers_its_area_and_has_corners() -> None:
    c = canvas(size=200)
    triangle = c.polygon((0.0, -0.5), (0.5, 0.5), (-0.5, 0.5))
    assert covered(c, triangle) == pytest.approx(0.5, rel=0.02)
    assert (triangle[0, :50] > 0).all()


def test_an_ellipse_covers_its_area_wherever_it_lies_and_however_it_is_turned() -> None:
    for turn in (0.0, 0.7):
        c = canvas(size=100)
        assert covered(c, c.ellipse(0.1, -0.2, 0.5, 0.3, turn=turn)) == pytest.approx(np.pi * 0.15, rel=0.02)
    tall, wide = canvas().ellipse(0, 0, 0.2, 0.6), canvas().ellipse(0, 0, 0.6, 0.2, turn=np.pi / 2)
    np.testing.assert_allclose(tall, wide, atol=1e-5)


def test_a_line_has_its_width_and_round_ends_and_none_below_zero() -> None:
    c = canvas(size=100)
    assert covered(c, c.line(-0.4, 0, 0.4, 0, 0.2)) == pytest.approx(0.8 * 0.2 + np.pi * 0.01, rel=0.02)
    assert covered(c, c.line(-0.4, 0.5, 0.4, 0.5, -1.0)) == 0


def test_a_twin_stands_on_the_other_side() -> None:
    c = canvas()
    pair = c.ellipse(0.5, 0, 0.2, 0.3, twin=True)
    np.testing.assert_allclose(pair, np.minimum(c.ellipse(0.5, 0, 0.2, 0.3), c.ellipse(-0.5, 0, 0.2, 0.3)), atol=1e-5)


def test_a_frame_is_shifted_turned_and_mirrored() -> None:
    def middle(c: Canvas, x: float, y: float) -> tuple[float, float]:
        """Where in the picture a small disc at this place of the frame lies, −1..1."""
        row, column = np.unravel_index(c.ellipse(x, y, 0.1, 0.1)[0].argmin(), (41, 41))
        return round((column - 20) / 20.5, 1), round((row - 20) / 20.5, 1)

    assert middle(canvas(41), 0.5, 0.2) == (0.5, 0.2)
    assert middle(canvas(41, x=0.3), 0.5, 0.2) == (0.8, 0.2)
    assert middle(canvas(41, way=-1.0), 0.5, 0.2) == (-0.5, 0.2)
    assert middle(canvas(41, tilt=np.pi / 2), 0.5, 0.2) == (-0.2, 0.5)


def test_edges_are_smooth() -> None:
    c = canvas(size=20)
    c.paint(c.ellipse(0, 0, 0.7, 0.7), (200.0, 200.0, 200.0))
    values = np.unique(c.pixels)
    assert (values[0], values[-1]) == (0, 200)
    assert len(values) > 5


@pytest.mark.parametrize(
    ("rows", "size", "message"),
    [
        (1, 0, "data.rows = 1: cat-sketches needs at least 2, a cat and another thing"),
        (
            600,
            1024,
            "data.image_size = 1024: 600 sketches would have 1,887,436,800 values; at most 268,435,456: "
            "make them smaller, or fewer by data.rows",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_line(rows: int, size: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        cat_sketches("cat", rows, 0.0, 0, size)
    assert str(caught.value) == message
