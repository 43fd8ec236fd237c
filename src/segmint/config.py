"""Every setting of a command in one frozen object: TOML in, one Config out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import tomlkit
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from segmint.arguments import place_of, require_several, require_texts
from segmint.complaints import Section, first_of, is_list, section_in, wanted
from segmint.errors import ConfigError
from segmint.models.names import MODELS, OURS
from segmint.segments.word_file import Name
from segmint.store.network_spec import MAX_PARAMETERS, MAX_UNITS
from segmint.targeting.policy import ContactRules, Economics
from segmint.toml_files import parse_toml, read_toml_text
from segmint.wording import Said, Term, did_you_mean, listed

FromAnywhere = Annotated[Path, AfterValidator(Path.absolute)]
"""A file that is found again where a run is resumed in another folder."""


class Data(Section):
    r"""How tables are read.

    Attributes
    ----------
    at : {"planning", "dialling", "after_call"}
        The moment of the decision; columns known later are set aside.
    max_rejected : float
        Largest acceptable share of rejected rows.
    delimiter : str or None
        What stands between two columns of a text file: one character, a tab as ``"\t"``; None finds out.
    encoding : str or None
        How a text file is written: any name that Python knows, such as ``"utf-8"``, ``"cp1252"`` (or ``"1252"``), ``"latin-1"``,
        ``"utf-16"``; None finds out.
    decimal : {"point", "comma"} or None
        The decimal sign of text files, and of numbers that a workbook or frame holds as texts; None finds out, and
        takes a point in a workbook or frame.
    sheet : str or None
        The name of a sheet of a workbook; None takes the only one that holds a table.
    header_row : int or None
        The row of a workbook, or the line of a text file, that holds the column names, from 1; None takes the first
        line, or the row that looks like it.
    upcoming : Path or None
        A table of the customers who are called next, for a recipe whose teacher labels them too: "rolling".
    test : Path or None
        A test table of your own, with outcomes, on which `segmint run` judges every model once.
    """

    at: Literal["planning", "dialling", "after_call"] = "planning"
    max_rejected: float = Field(default=0.05, ge=0, le=1)
    delimiter: str | None = None
    encoding: str | None = Field(default=None, coerce_numbers_to_str=True)  # 1252
    decimal: Literal["point", "comma"] | None = None
    sheet: str | None = Field(default=None, coerce_numbers_to_str=True)  # 2026
    header_row: int | None = Field(default=None, ge=1)
    upcoming: FromAnywhere | None = None
    test: FromAnywhere | None = None

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and len(delimiter) != 1:
            raise ValueError('one character; a tab is "\\t"')
        return delimiter


class Split(Section):
    """How rows are kept apart: folds to compare on, and the inner share of each training part.

    Attributes
    ----------
    folds : int
        Parts to compare on; each is kept apart once.
    inner : float or None
        Share of a training part that stops training and calibrates; left out, it is as small as can still judge.
    """

    folds: int = Field(default=5, ge=2, le=20)
    inner: float | None = Field(default=None, gt=0, lt=0.5)


class Compare(Section):
    """Whether and against what the network is compared.

    Attributes
    ----------
    enabled : bool
        Whether there is a comparison at all.
    models : tuple of str
        "dense_network", and any of "lightgbm", "catboost", "xgboost" (the last two need ``segmint[best]``),
        "gradient_boosting", "random_forest", "logistic", "knn" (tuned), "knn_5" and "base_rate".
    repeats : int
        Bootstrap repeats behind each interval.
    """

    enabled: bool = True
    models: tuple[str, ...] = (
        OURS,
        "knn_5",
        "gradient_boosting",
        "lightgbm",
        "logistic",
        "base_rate",
    )
    repeats: int = Field(default=1000, ge=100, le=10_000)

    @field_validator("models")
    @classmethod
    def _ours_is_there(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        if strangers := [name for name in models if name not in MODELS]:
            meant = did_you_mean(strangers[0], MODELS)
            asked = f": {meant}" if meant else ""
            raise ValueError(f"models out of {', '.join(MODELS)}; there is no {strangers[0]!r}{asked}")
        if OURS not in models or len(set(models)) != len(models):
            raise ValueError(f"must name {OURS}, and every model once")
        return models


COMPACT = (64, 64, 64)
# The networks that the recipe "rolling" makes one of, side by side.
ROLLING_MEMBERS = 3


class Model(Section):
    """How the network is made and taught; None leaves a setting to the recipe.

    Attributes
    ----------
    recipe : {"fast", "best", "plain", "rolling"}
        Who teaches: one LightGBM (beside a small network below 10,000 customers), several teachers, nobody but the
        outcomes, or one LightGBM for a network learned anew wave by wave.
    size : {"full", "compact"}
        "compact" takes three hidden layers of 64 units: a network to predict tens of millions with.
    hidden : tuple of int
        Units of each hidden layer, at most 4,096, or 1,365 of the recipe "rolling"; wins over `size`.
    dropout : float
        Share of units left out in training; 0.1 unless set.
    epochs : int
        How often the rows are seen at most; the epoch that did best on the inner rows is kept.
    batch_size : int
        Rows of a step; 64 to 512 by the number of rows unless set.
    learning_rate : float
        The highest: it rises to it over the first steps, and falls to the end.
    copies : float
        Shuffled copies for each customer that the teacher labels too.
    swap : float
        Chance that a cell of a copy comes from another customer.
    share : float
        How much of what a customer teaches is the teacher's estimate; the rest is the outcome.
    refit : bool
        Whether the network of the bundle learns once more from everybody, inner customers too, when these have told when
        to stop; where they are more than a tenth unless set, and not by the recipe "rolling".
    """

    recipe: Literal["fast", "best", "plain", "rolling"] = "fast"
    size: Literal["full", "compact"] = "full"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(default=None, min_length=1, max_length=20)
    dropout: float | None = Field(default=None, gt=0, lt=1)
    epochs: int | None = Field(default=None, ge=1, le=500)
    batch_size: int | None = Field(default=None, ge=8)
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    copies: float | None = Field(default=None, gt=0, le=100)
    swap: float | None = Field(default=None, gt=0, lt=1)
    share: float | None = Field(default=None, ge=0, le=1)
    refit: bool | None = None

    @field_validator("hidden")
    @classmethod
    def _fits_a_bundle(cls, hidden: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        members = ROLLING_MEMBERS if info.data.get("recipe") == "rolling" else 1
        widths = [width * members for width in hidden or ()]
        if widths and max(widths) > MAX_UNITS:
            why = f": the recipe 'rolling' makes one network of {members}" if members > 1 else ""
            raise ValueError(f"widths of at most {MAX_UNITS // members:,}{why}")
        if sum(a * b for a, b in pairwise(widths)) > MAX_PARAMETERS:
            raise ValueError(f"narrower or fewer layers: a bundle holds at most {MAX_PARAMETERS:,} weights")
        return hidden

    @property
    def settings(self) -> dict[str, Any]:
        """What was set, for `make_model`."""
        given = {name: value for name, value in self.model_dump(exclude={"size", "refit"}).items() if value is not None}
        return {"hidden": COMPACT, **given} if self.size == "compact" else given

    @property
    def over_time(self) -> Model:
        """The same for a network that is learned anew wave by wave: the recipe "rolling" stands in for "fast".

        Raises
        ------
        ConfigError
            If its networks would be too wide together.
        """
        if self.recipe != "fast":
            return self
        try:
            return Config(model=self.model_dump(exclude_unset=True) | {"recipe": "rolling"}).model
        except ValidationError as error:
            raise _letter(error) from error


class Search(Section):
    """Whether better settings of the network are looked for, and how long; needs ``segmint[search]``.

    Attributes
    ----------
    minutes : float or None
        The time budget of all trials.
    trials : int or None
        Trials at most. The search ends with what is reached first; with neither there is no search. Not without
        `compare.enabled`: what is found is judged on rows kept apart.
    """

    minutes: float | None = Field(default=None, gt=0, le=10_000)
    trials: int | None = Field(default=None, ge=1, le=10_000)

    @property
    def enabled(self) -> bool:
        """Whether there is a budget."""
        return self.minutes is not None or self.trials is not None


class Segments(Section):
    """How segments are found.

    Attributes
    ----------
    enabled : bool
        Whether `segmint run` finds them too.
    count : int or "auto"
        How many segments; "auto" finds it out.
    method : {"auto", "latent-class", "mixture", "k-means", "tree"}
        "auto" looks for latent classes, and cuts by response where there are no groups; "latent-class" takes numbers as
        bands, "mixture" as normal scores, "k-means" groups by distance, "tree" cuts by response.
    thorough : bool
        More bootstrap pairs, more time.
    leave_out_sensitive : bool
        Make segments without age, gender and other sensitive columns.
    in_time_order : bool
        Whether the rows stand in order of time; then segments must also keep their rank from one block to the next.
    names : mapping of str to str
        Your own names, each under the segment's number (or letter) or the name that segmint gave it.
    words : Path or None
        Your own words for names, needs, offers and messages: an edited copy of what `segmint words init` prints.
    """

    enabled: bool = True
    count: Annotated[int, Field(ge=2, le=12)] | Literal["auto"] = "auto"
    method: Literal["auto", "latent-class", "mixture", "k-means", "tree"] = "auto"
    thorough: bool = False
    leave_out_sensitive: bool = False
    in_time_order: bool = False
    names: dict[str, Name] = Field(default={}, max_length=24)
    words: FromAnywhere | None = None


class Backtest(Section):
    """How past waves are replayed.

    Attributes
    ----------
    time_order : str
        A date or number column, or "rows": the order of the rows is the order of time.
    window : int
        Calls to learn from, the latest.
    first : int or None
        Calls before the first wave; None takes the window.
    step : int
        Calls of a wave.
    delay : float
        How long after a call its outcome is known, in calendar days, the unit of the time column, or calls.
    every : int
        Waves between refits.
    recalibrate : int
        Latest resolved calls on which the intercept is moved.
    lagged_rates : tuple of int
        Response rates of so many latest known calls that models may read. Not where the order of the rows is taken for
        the order of time: what looks like yesterday may be another day's.
    windows : tuple of int
        Other windows that may be used where they did better on calls already resolved.
    rivals : tuple of str
        Models under the same kit.
    rule : str or None
        Today's rule: a column that says who is called, or an expression such as ``age >= 60``.
    block : int
        Calls per block of the bootstrap; fewer in a short replay, so that there are about 20 blocks.
    repeats : int
        Repeats of the bootstrap of AUC and gains; money, calls and losses, which are sums, are drawn 10,000 to 100,000 times.
    """

    time_order: str = "rows"
    window: int = Field(default=20_000, ge=100)
    first: int | None = Field(default=None, ge=100)
    step: int = Field(default=1_000, ge=10)
    delay: float = Field(default=0.0, ge=0)
    every: int = Field(default=1, ge=1)
    recalibrate: int = Field(default=1_000, ge=0)
    lagged_rates: tuple[Annotated[int, Field(ge=20)], ...] = (200, 1_000)
    windows: tuple[Annotated[int, Field(ge=100)], ...] = ()
    rivals: tuple[Literal["lightgbm", "logistic", "gradient_boosting", "random_forest"], ...] = ("lightgbm", "logistic")
    rule: str | None = None
    block: int = Field(default=500, ge=1)
    repeats: int = Field(default=1_000, ge=100, le=10_000)

    @property
    def start(self) -> int:
        """Calls before the first wave."""
        return self.window if self.first is None else self.first


FOLDS_OF_BEST = 3


class Config(Section):
    """All settings; see each section. The recipe "best" compares on 3 folds unless told otherwise.

    Attributes
    ----------
    seed : int
        Seed of everything random.
    data, split, compare, model, search, segments, backtest : Data, Split, Compare, Model, Search, Segments, Backtest
    economics : Economics or None
        What a call costs and a success brings, where that is known.
    policy : ContactRules
    """

    seed: int = Field(default=7, ge=0, lt=2**31)
    data: Data = Data()
    split: Split = Split()
    compare: Compare = Compare()
    model: Model = Model()
    search: Search = Search()
    segments: Segments = Segments()
    backtest: Backtest = Backtest()
    economics: Economics | None = None
    policy: ContactRules = ContactRules()

    @model_validator(mode="before")
    @classmethod
    def _fewer_folds_for_best(cls, given: Any) -> Any:
        """A fit of the best recipe takes minutes: five folds would be five times that."""
        model, split = (given.get(name) or {} for name in ("model", "split")) if isinstance(given, dict) else ({}, {})
        best = isinstance(model, dict) and model.get("recipe") == "best"
        if best and isinstance(split, dict) and "folds" not in split:
            return {**given, "split": {**split, "folds": FOLDS_OF_BEST}}
        return given

    def to_toml(self, *, only_set: bool = False) -> str:
        """Write every setting as resolved, so that a run can be repeated; or only those that somebody set, to hand them on."""
        settings = self.model_dump(mode="json", exclude_none=True, exclude_unset=only_set)
        return tomlkit.dumps(settings)


def load_config(
    path: str | Path | Config | Sequence[str | Path | Config | None] | None = None,
    sets: Sequence[str] | str = (),
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Join files, `--set` texts and flags, the later winning.

    Parameters
    ----------
    path : str, Path, Config or sequence of them, optional
        TOML files; a policy file is one of them. Or settings that were read before.
    sets : str or sequence of str
        ``"split.folds=3"``: a full dotted key and a TOML value; text needs no quotes.
    flags : mapping of str to object, optional
        Dotted key to value; None is not set.

    Raises
    ------
    ConfigError
        For an unknown key (with the closest known one), a value of the wrong kind, or a file that is no TOML.
    TypeError
        For an argument of another type.
    """
    if flags is not None and not (isinstance(flags, Mapping) and all(isinstance(key, str) for key in flags)):
        raise TypeError(f"'flags' must be a mapping of dotted keys to values. Got a {type(flags).__name__} instead.")
    settings: dict[str, Any] = {}
    for given in path if isinstance(path, list | tuple) else [path]:
        if isinstance(given, Config):
            _merge(settings, given.model_dump(exclude_unset=True, warnings=False))
        elif given is not None:
            _merge(settings, _read(place_of("path", given)))
    sets = [sets] if isinstance(sets, str) else sets
    require_several(sets=sets)
    for text in sets:
        require_texts(sets=text)
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                f"'--set {text}' has no key and value.",
                expected="a dotted key, '=' and a value",
                fix="write for example: --set split.folds=3",
            )
        _put(settings, key.strip(), _value(value.strip()))
    for key, value in (flags or {}).items():
        if value is not None:
            _put(settings, key, value)
    try:
        return Config(**settings)
    except ValidationError as error:
        raise _letter(error) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_toml_text(path))
    except ValueError as error:
        raise ConfigError(
            f"The settings in '{path}' cannot be read: {error}.",
            expected="a TOML file in UTF-8",
            fix="check the path and the file; `segmint settings` prints every setting, `segmint policy init` a policy to start from",
        ) from error


def _merge(settings: dict[str, Any], later: Mapping[str, Any]) -> None:
    for key, value in later.items():
        if isinstance(value, dict) and isinstance(settings.get(key), dict):
            _merge(settings[key], value)
        else:
            settings[key] = value


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # no TOML, a number of thousands of digits, brackets without end
        return text


def _put(settings: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        inner = settings.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"'{section}' is no section of settings.", expected="a known dotted key")
        settings = inner
    settings[last] = value


def setting_named(key: str) -> Term:
    """Name a setting where a sentence about it begins."""
    return Term(f"The setting '{key}'")


def settings_ending_in(name: str) -> list[str]:
    """Find the settings that somebody may mean who leaves out the section, as `epochs` of `model.epochs`."""
    return [key for key in _keys(Config, entries=False) if key.endswith(f".{name}")]


def _letter(error: ValidationError) -> ConfigError:
    complaints = error.errors(include_url=False)
    first = first_of(complaints)
    key = _setting(first["loc"])
    called = setting_named(key)
    if first["type"] == "missing":
        return ConfigError(Said(called, " is missing."), expected="a value", fix=Said("say ", Term(key)))
    if first["type"] != "extra_forbidden":
        expected = " or ".join(
            dict.fromkeys(wanted(complaint) for complaint in complaints if _setting(complaint["loc"]) == key)
        )
        words = re.findall("'([^']+)'", expected) if isinstance(first["input"], str) else []
        return ConfigError(
            Said(called, f" makes no sense: {first['input']!r}."),
            expected=expected,
            fix=did_you_mean(str(first["input"]), words) or Said("set ", Term(key), " to a value that makes sense"),
        )
    known = _keys(Config)
    sections = list(dict.fromkeys(name.partition(".")[0] for name in known))
    meant = settings_ending_in(key)
    ending = f"did you mean {listed([repr(name) for name in meant], last='or')}?" if meant else ""
    near = (did_you_mean(key, known), did_you_mean(key, sections))
    return ConfigError(
        f"There is no setting '{key}'.",
        expected=f"one of {', '.join(_near(key, known))}",
        # a key without a dot is a setting without its section, or else a section
        fix=next(filter(None, near if "." in key else (ending, *reversed(near))), "use one of these"),
    )


def _setting(place: Sequence[str | int]) -> str:
    """Name the setting at a place, without what lies below it: the kinds that it may be of."""
    known = _keys(Config)
    names = [".".join(str(part) for part in place[:length]) for length in range(1, len(place) + 1)]
    return next((name for name in names if name in known), names[-1] if names else "")


def _near(key: str, known: Sequence[str]) -> Sequence[str]:
    """Name the settings of the section that was meant, or the sections: a hundred names help nobody."""
    section = key.rpartition(".")[0]
    while section:
        if siblings := [name for name in known if name.startswith(f"{section}.")]:
            return siblings
        section = section.rpartition(".")[0]
    return list(dict.fromkeys(f"{name.partition('.')[0]}.…" if "." in name else name for name in known))


def _keys(section: type[BaseModel], prefix: str = "", *, entries: bool = True) -> list[str]:
    """Name the settings of a section, with those of each entry of a list unless `entries` are left out: none can be set by a key."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner and (entries or not is_list(field.annotation)):
            keys += _keys(inner, f"{prefix}{name}.", entries=entries)
        else:
            keys.append(prefix + name)
    return keys
