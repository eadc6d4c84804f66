import keras
import numpy as np

from speech_commands.committee import collect, deal, register_committee, vote

CLIPS = np.arange(6, dtype=np.float32).reshape(6, 1)


def committee(members):
    """Each member says the clip's number, and its own."""
    clips = keras.Input((1,))
    said = [
        keras.layers.Concatenate()([part, keras.ops.full_like(part, number)])
        for number, part in enumerate(deal(members)(clips))
    ]
    return keras.Model(clips, collect()(said))


def test_members_see_all_clips_unless_they_learn():
    said = np.asarray(committee(3)(CLIPS))
    assert said.shape == (6, 3, 2)
    assert (said[..., 0] == CLIPS).all()
    assert (said[..., 1] == [0, 1, 2]).all()


def test_members_learn_from_equal_parts_of_a_batch():
    said = np.asarray(committee(3)(CLIPS, training=True))
    assert said.shape == (6, 1, 2)
    assert (said[:, :, 0] == CLIPS).all()
    assert said[:, 0, 1].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_network_alone_sees_all_clips_at_all_times():
    for training in (False, True):
        assert (np.asarray(committee(1)(CLIPS, training=training))[..., 0] == CLIPS).all()


def test_a_vote_is_the_mean_of_probabilities():
    logits = np.array([[[4.0, 0, -4], [0, 1, 0]]], np.float32)
    said = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    answered = np.exp(np.asarray(vote()(logits)))
    np.testing.assert_allclose(answered, said.mean(axis=1), rtol=1e-5)


def test_a_vote_stays_finite_where_all_are_certain():
    logits = np.array([[[900.0, 0], [900, 0]]], np.float32)
    np.testing.assert_allclose(vote()(logits), [[0, -900]], atol=1e-3)


def test_a_file_of_a_model_may_name_them(tmp_path):
    inputs = keras.Input((3,))
    said = [keras.layers.Dense(2)(part) for part in deal(2)(inputs)]
    model = keras.Model(inputs, vote()(collect()(said)))
    model.save(tmp_path / "model.keras")
    register_committee()
    clips = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(clips), model(clips))
