"""Setting TensorFlow up for the machine it runs on."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from archspec.cpu.detect import detected_info
from pydantic import BaseModel, ConfigDict, Field, model_validator

from speech_commands.lazy_tensorflow import tf
from speech_commands.training.workers import SEVERAL_WORKERS, Worker, this_worker

logger = logging.getLogger(__name__)

POLICIES = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}
GPU_PRECISIONS = (("bfloat16", (8, 0)), ("float16", (7, 0)))
"""Precisions and the compute capability from which on tensor cores have them."""

BFLOAT16_FEATURES = frozenset({"amx_bf16", "avx512_bf16"})
"""Processor features, as archspec names them."""


class HardwareParams(BaseModel):
    """How TensorFlow uses the machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visible_gpus: list[int] | None
    memory_growth: bool
    memory_limit_mb: int | None = Field(ge=1)
    precision: Literal["float32", "bfloat16", "float16", "auto"]
    xla: bool
    intra_op_threads: int = Field(ge=0)
    inter_op_threads: int = Field(ge=0)
    strategy: Literal["single", "mirrored", "multi_worker_mirrored"]
    deterministic: bool
    image_memory_mb: int = Field(ge=0)

    @model_validator(mode="after")
    def _one_memory_setting(self) -> HardwareParams:
        if self.memory_growth and self.memory_limit_mb is not None:
            raise ValueError(
                "memory_growth is true and memory_limit_mb is set; TensorFlow allows one of them"
            )
        return self

    @model_validator(mode="after")
    def _compiled_or_deterministic(self) -> HardwareParams:
        if self.xla and self.deterministic:
            raise ValueError(
                "xla and deterministic are true; Keras compiles nothing for XLA while operations "
                "are deterministic: one of them must be false"
            )
        return self


@dataclass(frozen=True)
class Runtime:
    """TensorFlow, set up.

    Attributes:
        policy: the name of the Keras dtype policy.
        jit_compile: whether XLA compiles the training step.
        worker: this process among those that train together.
        placement: the name of the strategy.
    """

    policy: str
    jit_compile: bool
    worker: Worker
    placement: str

    @cached_property
    def strategy(self) -> tf.distribute.Strategy:
        """Where variables live while a model is trained.

        Asking for it waits until all workers have asked, which they can do once a process, and
        before anything is computed.
        """
        if self.placement == "mirrored":
            return tf.distribute.MirroredStrategy()
        if self.placement == SEVERAL_WORKERS:
            logger.info("waiting for all workers that TF_CONFIG names")
            return tf.distribute.MultiWorkerMirroredStrategy()
        return tf.distribute.get_strategy()


def set_up(params: HardwareParams) -> Runtime:
    """Apply hardware parameters to this process.

    Args:
        params: what is wanted.

    Raises:
        ValueError: if a GPU is named that is not there, TF_CONFIG is wrong, or TensorFlow has been
            running with other settings that it cannot change any more.
    """
    _set_up_threads(params)
    _set_up_gpus(params)
    if params.deterministic:
        tf.config.experimental.enable_op_determinism()
    precision = fastest_precision() if params.precision == "auto" else params.precision
    _tell(precision, len(tf.config.get_visible_devices("GPU")), params.strategy)
    worker = this_worker(params.strategy)
    return Runtime(POLICIES[precision], params.xla, worker, params.strategy)


@cache
def _tell(precision: str, gpus: int, strategy: str) -> None:
    """Once, however often work is taken up anew."""
    logger.info("precision %s, %d GPUs", precision, gpus)
    if strategy == "mirrored" and not gpus:
        logger.warning(
            "hardware.strategy is mirrored, and TensorFlow sees no GPU: the processor computes. "
            "On Linux speech-commands[gpu] installs what it needs"
        )


def fastest_precision() -> str:
    """Tell from the processor's features which precision it computes convolutions fastest in.

    Features are asked for, not timed: a busy machine must not change the answer, since the
    weights depend on it.

    Returns:
        On GPUs bfloat16 from compute capability 8.0 on and float16 from 7.0 on, where tensor
        cores have it (CUDA C++ Programming Guide, "Compute Capabilities"); on processors
        bfloat16 with the AMX or AVX-512 instructions that oneDNN uses for it; else float32.
    """
    gpus = tf.config.get_visible_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        weakest = min(facts.get("compute_capability", (0, 0)) for facts in details)
        return next((name for name, least in GPU_PRECISIONS if weakest >= least), "float32")
    return processor_precision()


def processor_precision() -> str:
    """As `fastest_precision`, of the processor, which computes what feeds a training anyway."""
    return "bfloat16" if BFLOAT16_FEATURES & detected_info().features else "float32"


def on_the_host() -> AbstractContextManager[None]:
    """Keep what is made inside in the host's memory: tf.data computes there, GPUs or not."""
    device: AbstractContextManager[None] = tf.device("CPU:0")
    return device


def _set_up_threads(params: HardwareParams) -> None:
    threading = tf.config.threading
    settings = (
        (
            "intra_op_threads",
            threading.get_intra_op_parallelism_threads,
            threading.set_intra_op_parallelism_threads,
        ),
        (
            "inter_op_threads",
            threading.get_inter_op_parallelism_threads,
            threading.set_inter_op_parallelism_threads,
        ),
    )
    for name, get, change in settings:
        wanted = getattr(params, name)
        if get() == wanted:
            continue
        try:
            change(wanted)
        except RuntimeError as error:
            raise ValueError(
                f"hardware.{name} is {wanted}, but TensorFlow is already running with {get()} in "
                "this process; start a new one"
            ) from error


def _set_up_gpus(params: HardwareParams) -> None:
    gpus = tf.config.list_physical_devices("GPU")
    if params.visible_gpus is not None:
        missing = [number for number in params.visible_gpus if not 0 <= number < len(gpus)]
        if missing:
            raise ValueError(
                f"hardware.visible_gpus names GPU {missing[0]}; this machine has {len(gpus)}, "
                "numbered from 0. An empty list means none, null means all"
            )
        gpus = [gpus[number] for number in params.visible_gpus]
    try:
        tf.config.set_visible_devices(gpus, "GPU")
        for gpu in gpus:
            if params.memory_growth:
                tf.config.experimental.set_memory_growth(gpu, enable=True)
            if params.memory_limit_mb is not None:
                limit = tf.config.LogicalDeviceConfiguration(memory_limit=params.memory_limit_mb)
                tf.config.set_logical_device_configuration(gpu, [limit])
    except RuntimeError as error:
        raise ValueError(
            "GPU settings cannot change once TensorFlow is running in this process; start a new one"
        ) from error
