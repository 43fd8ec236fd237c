"""What every flow takes besides its tables, as a person writes it: settings and places."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from segmint.arguments import place_of
from segmint.config import Config, load_config
from segmint.contract.contract import Contract, load_contract
from segmint.errors import ConfigError, PolicyError
from segmint.store.bundle import Bundle, open_bundle
from segmint.targeting.policy import ContactPolicy, ContactRules
from segmint.wording import Said, Term

Place: TypeAlias = Path | str
Settings: TypeAlias = Config | Place | None

RUNS = "runs"
"""The folder that holds all runs, as on the command line."""


def settings_of(config: Settings) -> Config:
    """Take settings and check them, read them from a TOML file, or begin with none.

    Raises
    ------
    ConfigError
        For a file that is no TOML, an unknown key, or a value that makes no sense.
    TypeError
        For anything else.
    """
    if config is None or isinstance(config, Config | Path | str):
        return load_config(config)  # a copy with other values was not checked by anybody
    raise TypeError(
        f"The settings are of type {type(config).__name__}. Expected: a Config, the path of a TOML file, or None. "
        "Next: config=segmint.load_config(...); a contact policy goes to segmint.target as policy=..."
    )


def require_its_moment(config: Config, bundle: Bundle) -> None:
    """Refuse settings that name another moment than the one that a bundle was trained for: they would change nothing.

    Raises
    ------
    ConfigError
        If `data.at` was set, by anybody, to another moment.
    """
    _require_moment(
        config, bundle.at, "the bundle was trained for", "name a bundle that was trained for that moment: segmint run"
    )


def of_its_moment(config: Config, bundle: Bundle) -> Config:
    """Put a bundle's own moment into settings, so that what a run keeps of them is true and repeats the run.

    Raises
    ------
    ConfigError
        As `require_its_moment`.
    """
    require_its_moment(config, bundle)
    return _at_moment(config, bundle.at)


def of_the_segments_moment(config: Config, at: str) -> Config:
    """Put the moment at which segments were found into the settings of putting more customers into them.

    Raises
    ------
    ConfigError
        If `data.at` was set, by anybody, to another moment.
    """
    _require_moment(
        config, at, "the segments were found for", "find segments anew: segmint segment TABLE --contract NAME"
    )
    return _at_moment(config, at)


def _require_moment(config: Config, at: str, made_for: str, otherwise: str) -> None:
    given = config.data.at
    if "data" not in config.model_fields_set or "at" not in config.data.model_fields_set or given == at:
        return
    raise ConfigError(
        f"data.at is '{given}', and {made_for} '{at}': what was learned at one moment is used at that moment.",
        expected=f'data.at = "{at}", or none',
        fix=f"leave data.at out, or {otherwise} --at {given}; if these are the settings that an earlier run kept, nobody "
        f'may have set it: take the line at = "{given}" out of a copy',
    )


def _at_moment(config: Config, at: str) -> Config:
    return config.model_copy(update={"data": config.data.model_copy(update={"at": at})})


def contract_of(contract: Contract | Place) -> Contract:
    """Take a contract, or load it by its name or path.

    Raises
    ------
    TypeError
        For anything else, such as a draft that nobody has looked at.
    """
    if isinstance(contract, Contract):
        return contract
    if isinstance(contract, Path | str):
        return load_contract(contract)
    raise _no_contract(contract)


def _no_contract(given: object) -> TypeError:
    kind = type(given).__name__
    step = (
        "read draft.text, then give draft.reviewed()"
        if kind == "Draft"
        else "give segmint.load_contract(...), or its path"
    )
    return TypeError(f"The contract is of type {kind}. Expected: a Contract, or the name or path of one. Next: {step}")


def path_of(name: str, place: Place | None) -> Path | None:
    """Take a place as a path, if there is one; `name` is the argument's."""
    return None if place is None else place_of(name, place)


def bundle_of(bundle: Place, runs: Path) -> Bundle:
    """Open a bundle: a run's folder or id, a bundle's folder, or PROMOTED.

    Raises
    ------
    BundleError
        If it cannot be trusted.
    TypeError
        For anything but a place.
    """
    place_of("bundle", bundle)
    return open_bundle(bundle, runs)


def with_policy(config: Config, policy: ContactPolicy | Place | None) -> Config:
    """Put a policy, or what its file sets, in the place of the one in the settings."""
    if policy is None:
        return config
    if not isinstance(policy, ContactPolicy):
        place_of("policy", policy, expected="a segmint.ContactPolicy, or the path of a TOML file")
        return load_config((config, policy))
    rules = ContactRules(**{name: getattr(policy, name) for name in ContactRules.model_fields})
    return config.model_copy(update={"economics": policy.economics, "policy": rules})


def policy_of(config: Config) -> ContactPolicy:
    """Join the sections `economics` and `policy`, free of contradictions.

    Raises
    ------
    PolicyError
        If nothing says what a call costs and a success brings, or the rules contradict each other.
    """
    if config.economics is None:
        raise PolicyError(
            "Nothing says what a call costs and what a success brings.",
            expected=Said(Term("economics.cost_per_call"), " and ", Term("economics.value_per_success")),
            fix="start from: segmint policy init > policy.toml, then use --policy policy.toml",
        )
    return ContactPolicy.of(config.economics, config.policy)


def load_policy(path: Place) -> ContactPolicy:
    """Read a contact policy from a TOML file, as every command does: it may hold other settings, which change nothing.

    Parameters
    ----------
    path : path

    Returns
    -------
    ContactPolicy

    Raises
    ------
    ConfigError
        If the file cannot be read, holds an unknown key, or a value that makes no sense.
    PolicyError
        If nothing says what a call costs and a success brings, or the rules contradict each other.
    """
    return policy_of(load_config(path))
