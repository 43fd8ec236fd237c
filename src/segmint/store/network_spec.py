"""What ``network.json`` may say: the layer rule, and limits checked by arithmetic before memory is taken."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from segmint.complaints import said
from segmint.errors import LayerRuleError
from segmint.features.apply import MOST_FEATURES
from segmint.models.layer_rule import check_layers

MAX_LAYERS = 64
MAX_UNITS = 4_096
MAX_PARAMETERS = 50_000_000

Activation = Literal["linear", "relu", "silu", "tanh"]
Units = Annotated[int, Field(ge=1, le=MAX_UNITS)]
Shapes = dict[str, tuple[int, ...]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Dense(_Strict):
    """A Dense layer: `units` outputs, then an activation."""

    type: Literal["Dense"]
    units: Units
    activation: Activation


class BatchNormalization(_Strict):
    """A BatchNormalization layer over the features."""

    type: Literal["BatchNormalization"]
    epsilon: Annotated[float, Field(gt=0.0, le=1.0)]


class Dropout(_Strict):
    """A Dropout layer that really drops something."""

    type: Literal["Dropout"]
    rate: Annotated[float, Field(gt=0.0, lt=1.0)]


Layer = Annotated[Dense | BatchNormalization | Dropout, Field(discriminator="type")]


class NetworkSpec(_Strict):
    """The network of a bundle, as data.

    Attributes
    ----------
    format : 1
    layers : tuple of Dense, BatchNormalization and Dropout, at least one of each
        In order; the last is Dense, linear, with one unit per output: it gives logits.
    inputs, outputs : int
        Features in, logits out.
    head : {"logit", "softmax"}
        How logits become probabilities: one logit is that of the second of two classes.
    classes : tuple of str
        The classes, in the order of the probabilities.
    """

    format: Annotated[int, Field(ge=1, le=1)]
    layers: Annotated[tuple[Layer, ...], Field(max_length=MAX_LAYERS, strict=False)]
    inputs: Annotated[int, Field(ge=1, le=MOST_FEATURES)]
    outputs: Units
    head: Literal["logit", "softmax"]
    classes: Annotated[tuple[str, ...], Field(min_length=2, max_length=MAX_UNITS, strict=False)]

    @model_validator(mode="after")
    def _makes_sense(self) -> NetworkSpec:
        last = self.layers[-1] if self.layers else None
        if not isinstance(last, Dense) or last.activation != "linear" or last.units != self.outputs:
            raise ValueError("the last layer must be Dense, linear, with one unit per output")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class stands twice")
        wanted = (1, 2) if self.head == "logit" else (len(self.classes), len(self.classes))
        if (self.outputs, len(self.classes)) != wanted:
            raise ValueError("a logit head has 1 output and 2 classes, a softmax head one output per class")
        try:
            check_layers([layer.model_dump() for layer in self.layers])
        except LayerRuleError as error:
            raise ValueError(error.came) from error
        if self.parameters > MAX_PARAMETERS:
            raise ValueError(f"{self.parameters:,} parameters are more than {MAX_PARAMETERS:,}")
        return self

    @property
    def shapes(self) -> Shapes:
        """The shape of every weight by name: "0.kernel", "0.bias", "1.gamma", ... by place of the layer."""
        shapes: Shapes = {}
        width = self.inputs
        for place, layer in enumerate(self.layers):
            if isinstance(layer, Dense):
                shapes |= {f"{place}.kernel": (width, layer.units), f"{place}.bias": (layer.units,)}
                width = layer.units
            elif isinstance(layer, BatchNormalization):
                names = ("gamma", "beta", "moving_mean", "moving_variance")
                shapes |= {f"{place}.{name}": (width,) for name in names}
        return shapes

    @property
    def parameters(self) -> int:
        """The number of weights in all."""
        return sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for shape in self.shapes.values())


def parse_network(value: dict[str, Any]) -> NetworkSpec:
    """Hold the content of ``network.json`` against the specification.

    Raises
    ------
    ValueError
        Saying what is wrong and where, without repeating what came.
    """
    try:
        return NetworkSpec.model_validate(value)
    except ValidationError as error:
        raise ValueError(said(error)) from None
