import numpy as np
import pytest

from querist.errors import InvalidInput, InvalidLabel
from querist.specs import from_spec, to_spec
from querist.tasks import Classification, Number, Task


@pytest.mark.parametrize(
    "task", [Classification(), Classification(("a", "b"), open=True), Number(), Number(0, 2.5)]
)
def test_a_task_is_a_part_that_survives_json(task):
    assert isinstance(task, Task)
    assert from_spec(to_spec(task)) == task


def test_a_known_class_is_itself_and_blanks_around_it_fall():
    task = Classification(("sport", "world"))
    assert task.validate(" sport ") == "sport"
    assert type(task.validate(np.str_("world"))) is str


def test_an_unknown_class_names_the_close_ones_and_the_list():
    with pytest.raises(InvalidLabel, match=r"'wrold'.*Did you mean 'world'\?.*'sport', 'world'") as caught:
        Classification(("sport", "world")).validate("wrold")
    assert "add_class" in caught.value.mend


def test_a_long_list_of_classes_is_cut_in_the_message():
    with pytest.raises(InvalidLabel, match="and 88 more"):
        Classification(range(100)).validate("none of these")


def test_no_classes_at_all():
    with pytest.raises(InvalidLabel, match="none yet"):
        Classification().validate("a")


def test_an_open_task_takes_any_word():
    assert Classification(open=True).validate("new") == "new"


@pytest.mark.parametrize("value", [None, 1.5, ["a"], "", "  "])
def test_what_is_not_a_word_is_no_class(value):
    with pytest.raises(InvalidLabel):
        Classification(("a",), open=True).validate(value)


def test_whole_numbers_are_their_digits():
    assert Classification(np.arange(3)).classes == ("0", "1", "2")
    assert Classification(range(3)).validate(np.int64(2)) == "2"


@pytest.mark.parametrize("classes", ["ab", 3, ("a", "a"), ("a", None)])
def test_classes_that_cannot_be(classes):
    with pytest.raises(InvalidInput):
        Classification(classes)


def test_with_class_adds_at_the_end_once():
    task = Classification(("a",))
    assert task.with_class("b") == Classification(("a", "b"))
    assert task.with_class("a") is task


@pytest.mark.parametrize("value", [None, "3", True, float("nan"), float("inf"), 10**400, [1.0]])
def test_what_is_not_a_finite_number(value):
    with pytest.raises(InvalidLabel, match="finite number"):
        Number().validate(value)


@pytest.mark.parametrize(("value", "words"), [(-1, "below 0.0"), (11, "above 10.0")])
def test_a_number_outside_the_bounds(value, words):
    with pytest.raises(InvalidLabel, match=words):
        Number(0, 10).validate(value)


def test_numbers_become_plain_floats():
    assert type(Number().validate(np.float32(0.5))) is float
    assert Number(0, 10).validate(10) == 10.0


@pytest.mark.parametrize("bounds", [(1, 1), (2, 1), ("a", 2), (0, float("inf"))])
def test_bounds_that_cannot_be(bounds):
    with pytest.raises(InvalidInput):
        Number(*bounds)


def test_words_that_look_alike_are_one_class():
    composed, spelled = "caf\u00e9", "cafe\u0301"
    task = Classification((composed, "bar"))
    assert task.validate(spelled) == composed and task.with_class(f" {spelled} ") is task
    assert Classification((spelled,)).classes == (composed,)
    with pytest.raises(InvalidInput, match="twice"):
        Classification((composed, spelled))


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u00ad\u200d", "\x00"])
def test_a_class_can_be_seen(name):
    with pytest.raises(InvalidInput, match="needs a name"):
        Classification((name,))
