"""The bank's standing policy: what every call list respects, whatever a form or a request sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmint.config import Config, load_config
from segmint.targeting.policy import ContactPolicy, Economics
from segmint.targeting.suppress import require_files


@dataclass(frozen=True)
class StandingPolicy:
    """Settings of the operator, read once, that lie under those of each list.

    Attributes
    ----------
    config : Config or None
        As of a policy file; None where there is none.
    """

    config: Config | None = None

    @classmethod
    def load(cls, path: Path | None) -> StandingPolicy:
        """Read a policy file, or stand for nothing where there is none.

        Raises
        ------
        ConfigError
            If the file cannot be read or contradicts itself, or a file that it names cannot be read.
        """
        if path is None:
            return cls()
        config = load_config(path)
        # what a call costs may be left to each list, so contradictions are looked for with a call that costs nothing
        policy = ContactPolicy.of(config.economics or Economics(cost_per_call=0, value_per_success=1), config.policy)
        require_files(policy)
        return cls(config)

    def under(self, sets: Sequence[str] = (), flags: Mapping[str, Any] | None = None) -> Config:
        """Lay the settings of one list over the policy; they win, but they bring nobody back who must not be called.

        Parameters
        ----------
        sets, flags
            As `load_config` takes them.

        Raises
        ------
        ConfigError
            If a setting makes no sense.
        """
        laid = load_config(self.config, sets, flags)
        if self.config is None:
            return laid
        return laid.model_copy(update={"policy": laid.policy.under(self.config.policy)})

    def rules(self) -> list[str]:
        """Say in a few words each what holds for every list."""
        if self.config is None:
            return []
        policy = self.config.policy
        said = {
            "do-not-call files": [path.name for path in policy.suppress],
            "lists of other campaigns": [str(path) for path in policy.other_lists],
            "exclusions": [rule.name for rule in policy.exclude],
            "quotas": [quota.words for quota in policy.quotas],
            "capacities": [capacity.name for capacity in policy.capacities],
        }
        told = [f"{what}: {', '.join(names)}" for what, names in said.items() if names]
        if policy.rest_days:
            told.append(f"{policy.rest_days} days of rest after a call")
        if policy.attempts is not None and policy.history is not None:
            told.append(f"at most {policy.attempts} calls to one customer in a campaign")
        if policy.one_per is not None:
            told.append(f"one customer for each '{policy.one_per}'")
        if "campaign" in policy.model_fields_set:
            told.append(f"the campaign is {policy.campaign}")
        if "holdout_share" in policy.model_fields_set and policy.holdout_share:
            told.append(f"at least {100 * policy.holdout_share:.12g} % are held out")
        return told
