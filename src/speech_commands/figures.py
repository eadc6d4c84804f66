"""Pictures of data and results, drawn by matplotlib; each function returns a figure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import skimage

from speech_commands.audio.spectrogram import Rendering

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any  # matplotlib takes half a second to import, and Kedro evaluates annotations

SHEET_COLUMNS = 4

DEVIATIONS = 1.96
"""Of a normal distribution, within which 95 % of it lie."""


def spectrogram_sheet(images: Mapping[str, Sequence[np.ndarray]], rendering: Rendering) -> Figure:
    """Draw the spectrograms of a few clips of each label side by side.

    Args:
        images: label to images of shape (rows, frames), uint8, at least one for each.
        rendering: what the axes stand for.
    """
    rows = max(1, -(-len(images) // SHEET_COLUMNS))
    most = max(map(len, images.values()), default=1)
    figure = _figure(3.2 * SHEET_COLUMNS, 2.2 * rows + 0.4)
    grid = figure.subplots(rows, SHEET_COLUMNS, squeeze=False, sharey=True)
    for axes, (label, pictures) in zip(grid.flat, images.items(), strict=False):
        strip = skimage.util.montage(np.stack(pictures), grid_shape=(1, len(pictures)))
        axes.imshow(
            strip, cmap="magma", vmin=0, vmax=255, aspect="auto", extent=(0, len(pictures), 0, 1)
        )
        for edge in range(1, len(pictures)):
            axes.axvline(edge, color="white", linewidth=1)
        axes.set_title(label)
    for axes in grid.flat:
        axes.set_xticks(range(most + 1))
        if axes.get_title() == "":
            axes.set_axis_off()
    highest = (
        f"{rendering.highest_hz:g}"
        if rendering.axis == "mel"
        else f"{rendering.sample_rate_hz / 2:g}"
    )
    lowest = f"{rendering.lowest_hz:g}" if rendering.axis == "mel" else "0"
    for axes in grid[:, 0]:
        axes.set_yticks([0, 1], [lowest, highest])
        axes.set_ylabel(f"frequency (Hz, {rendering.axis})")
    figure.supxlabel(
        f"clips of {rendering.clip_ms / 1000:g} s; {rendering.floor_db:g} to "
        f"{rendering.ceiling_db:g} dB, brighter is louder"
    )
    return figure


def learning_curve(history: pd.DataFrame, quantity: str, unit: str) -> Figure:
    """Draw a quantity for the training and validation splits against steps.

    Args:
        history: columns step, `<quantity>`, `val_<quantity>`.
        quantity: accuracy or loss.
        unit: for the axis label.
    """
    figure = _figure(7, 4)
    axes = figure.subplots()
    axes.plot(history["step"], history[quantity], label="training")
    axes.plot(history["step"], history[f"val_{quantity}"], label="validation")
    axes.set_xlabel("step")
    axes.set_ylabel(f"{quantity} ({unit})")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def confusion_matrix(counts: np.ndarray, labels: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix, coloured by the share of each true label.

    Args:
        counts: shape (labels, labels), clips by true label (rows) and predicted label (columns).
        labels: their names, in order.
        title: what was labelled.
    """
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    size = 0.55 * len(labels) + 2
    figure = _figure(size, size)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"  # noqa: PLR2004
            axes.text(column, row, f"{count:d}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("predicted label")
    axes.set_ylabel("true label")
    axes.set_title(title)
    return figure


def reliability_diagram(bins: pd.DataFrame, title: str) -> Figure:
    """Draw how often a recogniser is right against how sure it is, and how many clips it is so of.

    Points on the diagonal are calibrated: DeGroot & Fienberg, "The Comparison and Evaluation of
    Forecasters" (The Statistician 32, 1983). Bars are Wilson's intervals of 95 %.

    Args:
        bins: columns confidence and accuracy, of 1, and clips.
        title: what was labelled.
    """
    figure = _figure(5, 5.5)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color="grey", linestyle="--", label="calibrated")
    above.errorbar(
        bins["confidence"], bins["accuracy"], _intervals(bins), fmt="o", label="recogniser"
    )
    above.set_ylabel("share of clips that are right")
    above.set_title(title)
    figure.legend(loc="outside lower center", ncols=2)
    below.vlines(bins["confidence"], 0.8, bins["clips"], linewidth=6)
    below.set_yscale("log")
    below.set_ylabel("clips")
    below.set_xlabel("confidence")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    return figure


def _figure(width_inches: float, height_inches: float) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slows every start

    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def _intervals(bins: pd.DataFrame) -> np.ndarray:
    """How far they reach below and above each bin's accuracy, shape (2, bins).

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (Journal of the
    American Statistical Association 22, 1927); SciPy's takes a second to import.
    """
    share, clips = bins["accuracy"], bins["clips"]
    weight = DEVIATIONS**2 / clips
    middle = (share + weight / 2) / (1 + weight)
    half = DEVIATIONS * np.sqrt(share * (1 - share) / clips + weight / (4 * clips)) / (1 + weight)
    return np.stack([share - middle + half, middle + half - share]).clip(min=0)
