"""Tests `tools/sentences.py`, which draws random sentences for readers."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sentences", ROOT / "tools/sentences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _tool()


def _texts(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in tool.sentences("page.md", lines)]


def test_a_sentence_has_the_line_where_it_begins() -> None:
    page = "# A heading that is left out\n\nThe first one is\nhere. The second one is\nthere.\n"
    assert _texts(tool.markdown(page)) == [
        (3, "The first one is here."),
        (4, "The second one is there."),
    ]


def test_code_and_tables_are_left_out_and_items_of_a_list_are_parted() -> None:
    page = """Before the code it says this.

```python
print("no sentence is in here")
```
| a row that is left out |

* One item of the list
* the other item of the list
"""
    assert _texts(tool.markdown(page)) == [
        (1, "Before the code it says this."),
        (8, "* One item of the list"),
        (9, "* the other item of the list"),
    ]


def test_rustdoc_of_public_items_is_told_from_internal_comments() -> None:
    source = """//! The root of a crate.
/// Of a public enum.
#[derive(Debug)]
pub enum A {
    /// Of its variant.
    B,
}
/// Of the crate alone.
pub(crate) fn c() {
    // Inside of it.
}
"""
    public, internal = tool.rust(source, is_root=True)
    assert public == [
        (1, "The root of a crate."),
        (2, "Of a public enum."),
        (5, "Of its variant."),
    ]
    assert internal == [(8, "Of the crate alone."), (10, "Inside of it.")]
    assert tool.rust(source)[1][0] == (1, "The root of a crate.")


def test_docstrings_of_public_names_are_told_from_internal_ones() -> None:
    source = '''"""The module as such."""
class A:
    """Of a class."""
    def _b(self):
        """Of a private method."""  # beside it
'''
    public, internal = tool.python(source, is_public=True)
    assert public == [(1, "The module as such."), (3, "Of a class.")]
    assert internal == [(5, "Of a private method."), (5, "beside it")]
    assert tool.python(source, is_public=False)[0] == []


def test_directives_are_no_sentences() -> None:
    page = """::: aioinflux.the name of a class

After the directive it says this.
"""
    assert _texts(tool.markdown(page)) == [(3, "After the directive it says this.")]
    source = """a = 1  # type: ignore[misc] because of this
b = 2  # noqa: A001 (named like the other)
c = 3  # fmt: skip
d = 4  # pragma: no cover
e = 5  # typed as an integer
"""
    assert tool.python(source, is_public=True) == ([], [(5, "typed as an integer")])


def test_a_seed_draws_the_same_sentences_again() -> None:
    groups = tool.collect(ROOT)
    drawn = tool.draw(groups, 18)
    assert [len(group) for group in drawn.values()] == [40, 40, 40]
    assert drawn == tool.draw(tool.collect(ROOT), 18)
    assert drawn != tool.draw(groups, 19)
