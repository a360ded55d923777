"""Arrays keep their names, types and shapes as bytes, and other bytes are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nntui.store import tables

ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8]), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0)
)


@given(arrays=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), ARRAYS, max_size=4))
@settings(deadline=None, max_examples=50)
def test_arrays_come_back_as_they_were(arrays: tables.Arrays) -> None:
    arrays.pop("__metadata__", None)
    found = tables.decode(tables.encode(arrays))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_view_with_strides_comes_back_in_its_order() -> None:
    array = np.arange(12.0).reshape(3, 4).T[::2]
    np.testing.assert_array_equal(tables.decode(tables.encode({"a": array}))["a"], array)


@given(junk=st.binary(max_size=40))
def test_other_bytes_are_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        tables.decode(junk)
