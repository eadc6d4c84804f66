"""Nodes of the scoring pipeline."""

from typing import Any

import pandas as pd


def score_submission(submission: pd.DataFrame, test_labels: pd.DataFrame) -> dict[str, Any]:
    """Compare a submission with the true labels.

    Args:
        submission: columns fname, label.
        test_labels: likewise; every clip of the submission must be in it.

    Returns:
        The number of clips and the share labelled rightly.

    Raises:
        ValueError: naming a clip without a true label, or with two.
    """
    twice = test_labels["fname"][test_labels["fname"].duplicated()]
    if len(twice):
        raise ValueError(f"the true labels name {twice.iloc[0]} twice; once is allowed")
    truth = test_labels.set_index("fname")["label"]
    missing = submission["fname"][~submission["fname"].isin(truth.index)]
    if len(missing):
        raise ValueError(
            f"{len(missing)} clips of the submission have no true label, {missing.iloc[0]} among "
            "them; all are needed"
        )
    right = submission["label"].eq(submission["fname"].map(truth))
    return {"clips": len(right), "accuracy": float(right.mean())}
