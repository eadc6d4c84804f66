"""Copies of a model on two devices: this machine's processor, taken as two, or two processes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from training_workers import free_addresses, tf_config

TWO_DEVICES = """
import json
from functools import partial
import keras
import numpy as np
import tensorflow as tf
from speech_commands.layers import fused_batch_normalization
from speech_commands.training.dropout import random_states
from speech_commands.training.loop import _fit
from speech_commands.training.replicas import Replicas, _own_part

[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (24, 8, 8, 1), dtype=np.uint8)
targets = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 24)]
clips = tf.data.Dataset.from_tensor_slices((images, targets))
training, validation = clips.batch(8), clips.take(11).batch(8)
several = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def build(strategy, make_layers):
    keras.utils.set_random_seed(1)
    with strategy.scope():
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Rescaling(1 / 255)])
        for layer in [*make_layers(), keras.layers.Flatten(), keras.layers.Dense(3)]:
            model.add(layer)
        model.compile(
            optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.CategoricalAccuracy("accuracy")],
            jit_compile=strategy is several,  # for several, no use is made of it
        )
    return model

def plain():
    return [keras.layers.Conv2D(4, 3, activation="relu")]

def normalised():
    return [keras.layers.Conv2D(4, 3), fused_batch_normalization(), keras.layers.Dropout(0.5)]

def copies(variable):
    values = several.experimental_local_results(variable.value)
    return [np.asarray(value).tolist() for value in values]

facts = {}
for name, strategy in (("one", tf.distribute.get_strategy()), ("two", several)):
    model = build(strategy, plain)
    run_epoch = partial(_fit, model) if name == "one" else Replicas(model, 8).run_epoch
    metrics = run_epoch(training, validation)
    facts[name] = metrics, [np.asarray(weight).tolist() for weight in model.get_weights()]

model = build(several, normalised)
Replicas(model, 8).run_epoch(training, validation)
facts["statistics"] = [copies(weight) for weight in model.non_trainable_weights]
facts["random states"] = [copies(state) for state in random_states(model)]
parts, _ = several.run(tf.function(_own_part), args=((tf.range(8), tf.range(8)),))
facts["parts"] = [part.numpy().tolist() for part in several.experimental_local_results(parts)]
try:
    Replicas(model, 9)
except ValueError as error:
    facts["refusal"] = str(error)
print(json.dumps(facts))
"""

AGREEING = """
import sys
import tensorflow as tf
from speech_commands.training.replicas import agree

agree(tf.distribute.MultiWorkerMirroredStrategy(), sys.argv[1])
print("agreed")
"""


def start(code, *arguments, **variables):
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"} | variables,
        text=True,
    )


@pytest.fixture(scope="module")
def two_devices():
    process = start(TWO_DEVICES)
    output, errors = process.communicate(timeout=600)
    assert not process.returncode, errors
    return json.loads(output)


def test_two_devices_learn_what_one_learns(two_devices):
    (one, weights), (two, weights_of_two) = (two_devices[name] for name in ("one", "two"))
    assert two == pytest.approx(one, rel=1e-4)
    for weight, weight_of_two in zip(weights, weights_of_two, strict=True):
        np.testing.assert_allclose(weight_of_two, weight, atol=1e-5)


def test_each_device_has_its_own_part_of_a_batch(two_devices):
    assert two_devices["parts"] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_statistics_are_those_of_all_devices(two_devices):
    assert two_devices["statistics"]
    for one, other in two_devices["statistics"]:
        assert one == other


def test_devices_drop_different_features(two_devices):
    assert two_devices["random states"]
    for one, other in two_devices["random states"]:
        assert one != other


def test_parts_of_a_batch_must_be_equal(two_devices):
    assert two_devices["refusal"] == ("batch_size is 9, of which 2 devices cannot have equal parts")


def test_workers_that_differ_end():
    addresses = free_addresses(2)
    processes = [
        start(AGREEING, facts, TF_CONFIG=tf_config(addresses, number))
        for number, facts in enumerate(("step 20", "step 40"))
    ]
    for process, facts in zip(processes, ("step 20", "step 40"), strict=True):
        output, errors = process.communicate(timeout=600)
        assert "agreed" not in output
        assert f"this one has {facts}" in errors
