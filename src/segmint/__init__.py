"""segmint: from a bank's table of customers and campaign results to segments, call lists and a page.

The public names are loaded when they are first asked for, so that ``import segmint`` stays light.
"""

from __future__ import annotations

# Every command begins with this file: `typing` alone takes longer than a Ctrl-C, which nobody hears before the command does.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    __version__: str
    from segmint.config import Config as Config
    from segmint.config import load_config as load_config
    from segmint.contract.column import Column as Column
    from segmint.contract.contract import Contract as Contract
    from segmint.contract.contract import load_contract as load_contract
    from segmint.contract.valid_table import ValidTable as ValidTable
    from segmint.errors import SegmintError as SegmintError
    from segmint.evaluation.model_comparison import ModelComparison as ModelComparison
    from segmint.features.customer_features import CustomerFeatures as CustomerFeatures
    from segmint.features.natural import NaturalFeatures as NaturalFeatures
    from segmint.flows.backtest import backtest as backtest
    from segmint.flows.check import check as check
    from segmint.flows.check import verify as verify
    from segmint.flows.demo import sample_path as sample_path
    from segmint.flows.draft import infer_contract as infer_contract
    from segmint.flows.explain import explain_customers as explain_customers
    from segmint.flows.find import find_customers as find_customers
    from segmint.flows.measure import measure as measure
    from segmint.flows.model import OpenModel as OpenModel
    from segmint.flows.model import open_model as open_model
    from segmint.flows.monitor import monitor as monitor
    from segmint.flows.old_runs import remove_runs as remove_runs
    from segmint.flows.predict import predict as predict
    from segmint.flows.promote import promote as promote
    from segmint.flows.promote import rollback as rollback
    from segmint.flows.resume import resume as resume
    from segmint.flows.run import run as run
    from segmint.flows.runs import list_runs as list_runs
    from segmint.flows.segment import segment as segment
    from segmint.flows.simulate import simulate as simulate
    from segmint.flows.steps.settings import load_policy as load_policy
    from segmint.flows.target import target as target
    from segmint.flows.update import update as update
    from segmint.models.customer_model import make_model as make_model
    from segmint.models.network import DenseNetworkClassifier as DenseNetworkClassifier
    from segmint.models.network import Teaching as Teaching
    from segmint.models.tensorboard_log import TensorBoardLog as TensorBoardLog
    from segmint.report.architecture import draw_architecture as draw_architecture
    from segmint.segments.finder import SegmentFinder as SegmentFinder
    from segmint.segments.profile import profile_segments as profile_segments
    from segmint.segments.rules import segment_rules as segment_rules
    from segmint.segments.stability import segment_stability as segment_stability
    from segmint.store.bundle import open_bundle as open_bundle
    from segmint.targeting.call_list import build_call_list as build_call_list
    from segmint.targeting.choose import choose as choose
    from segmint.targeting.policy import ContactPolicy as ContactPolicy
    from segmint.targeting.policy import Economics as Economics
    from segmint.targeting.preview import ListPreview as ListPreview

_WHERE = {
    "Column": "segmint.contract.column",
    "Config": "segmint.config",
    "ContactPolicy": "segmint.targeting.policy",
    "Contract": "segmint.contract.contract",
    "CustomerFeatures": "segmint.features.customer_features",
    "DenseNetworkClassifier": "segmint.models.network",
    "Economics": "segmint.targeting.policy",
    "ListPreview": "segmint.targeting.preview",
    "ModelComparison": "segmint.evaluation.model_comparison",
    "NaturalFeatures": "segmint.features.natural",
    "OpenModel": "segmint.flows.model",
    "SegmentFinder": "segmint.segments.finder",
    "SegmintError": "segmint.errors",
    "Teaching": "segmint.models.network",
    "TensorBoardLog": "segmint.models.tensorboard_log",
    "ValidTable": "segmint.contract.valid_table",
    "backtest": "segmint.flows.backtest",
    "build_call_list": "segmint.targeting.call_list",
    "check": "segmint.flows.check",
    "choose": "segmint.targeting.choose",
    "draw_architecture": "segmint.report.architecture",
    "explain_customers": "segmint.flows.explain",
    "find_customers": "segmint.flows.find",
    "infer_contract": "segmint.flows.draft",
    "list_runs": "segmint.flows.runs",
    "load_config": "segmint.config",
    "load_contract": "segmint.contract.contract",
    "load_policy": "segmint.flows.steps.settings",
    "make_model": "segmint.models.customer_model",
    "measure": "segmint.flows.measure",
    "monitor": "segmint.flows.monitor",
    "open_bundle": "segmint.store.bundle",
    "open_model": "segmint.flows.model",
    "predict": "segmint.flows.predict",
    "profile_segments": "segmint.segments.profile",
    "promote": "segmint.flows.promote",
    "remove_runs": "segmint.flows.old_runs",
    "resume": "segmint.flows.resume",
    "rollback": "segmint.flows.promote",
    "run": "segmint.flows.run",
    "sample_path": "segmint.flows.demo",
    "segment": "segmint.flows.segment",
    "segment_rules": "segmint.segments.rules",
    "segment_stability": "segmint.segments.stability",
    "simulate": "segmint.flows.simulate",
    "target": "segmint.flows.target",
    "update": "segmint.flows.update",
    "verify": "segmint.flows.check",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("segmint")
    if name not in _WHERE:
        raise AttributeError(f"module 'segmint' has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_WHERE[name]), name)
    except ImportError as error:
        from segmint.errors import of_import

        if (told := of_import(error)) is not None:
            raise told from error
        raise


def __dir__() -> list[str]:
    return __all__
