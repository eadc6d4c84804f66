"""Nodes of the pseudo_labels pipeline."""

import logging

import pandas as pd

from speech_commands.corpus.splits import Split
from speech_commands.labels import Labels
from speech_commands.pipelines.pseudo_labels.params import PseudoLabelParams
from speech_commands.storage.names import places_of

logger = logging.getLogger(__name__)


def choose_pseudo_labels(
    probabilities: pd.DataFrame,
    test_manifest: pd.DataFrame,
    labels: Labels,
    params: PseudoLabelParams,
) -> pd.DataFrame:
    """Take a recogniser's word for the test clips that it is sure of.

    Lee, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural
    Networks" (ICML 2013 workshop on challenges in representation learning). What is taken for
    silence is left out: silence is added to other clips as background, and may hold no word.

    Args:
        probabilities: indexed by clip, one column a label.
        test_manifest: columns clip, fingerprint.
        labels: the labels.
        params: how sure the recogniser must be.

    Returns:
        A manifest of clips to train on: columns clip, fingerprint, word, label, split, confidence
        (of 1).

    Raises:
        ValueError: if a clip has no probabilities, or they are those of other labels.
    """
    names = list(labels.names)
    if len(probabilities) and set(probabilities.columns) != set(names):
        raise ValueError(
            f"the probabilities are those of {', '.join(probabilities.columns)}, and the labels "
            f"are {', '.join(names)}; run the pipeline submission again"
        )
    places = places_of(test_manifest["clip"], probabilities.index)
    if places.null_count:
        unlabelled = places.is_null().to_numpy(zero_copy_only=False)
        raise ValueError(
            f"{places.null_count} of {len(test_manifest)} test clips have no probabilities, "
            f"{test_manifest['clip'][unlabelled].iloc[0]} among them; run the pipeline submission "
            "again"
        )
    said = probabilities.reindex(columns=names).to_numpy()[places.to_numpy()]
    said = said.reshape(-1, len(names))
    likeliest, confidence = said.argmax(axis=1), said.max(axis=1)
    sure = (confidence >= params.lowest_confidence) & (likeliest != labels.index(labels.silence))
    chosen = pd.Series(names, dtype="str").take(likeliest[sure])
    counts = chosen.value_counts()
    logger.info(
        "of %s test clips %s can be trained on: %s", f"{len(sure):,}", f"{sure.sum():,}",
        ", ".join(f"{name} {counts[name]:,}" for name in names if name in counts) or "none",
    )  # fmt: skip
    return test_manifest.loc[sure, ["clip", "fingerprint"]].assign(
        word=chosen.array,
        label=chosen.array,
        split=Split.TRAINING.value,
        confidence=confidence[sure],
    )
