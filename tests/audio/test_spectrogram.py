import numpy as np
import pytest
from pydantic import ValidationError
from scipy.signal.windows import hann

from speech_commands.audio.spectrogram import (
    CLIPS_AT_ONCE,
    Rendering,
    _window,
    mel_filterbank,
    power_spectrogram,
    render,
    to_grey,
)

LINEAR = {
    "sample_rate_hz": 16_000,
    "clip_ms": 1000,
    "window_ms": 16,
    "hop_ms": 6.25,
    "fft_size": 256,
    "axis": "linear",
    "mel_bands": None,
    "lowest_hz": 0,
    "highest_hz": 8000,
    "floor_db": -120,
    "ceiling_db": 0,
}
MEL = {
    **LINEAR,
    "axis": "mel",
    "mel_bands": 40,
    "lowest_hz": 20,
    "highest_hz": 7600,
    "fft_size": 512,
}
BIN_HZ = 16_000 / 256


@pytest.fixture(params=[LINEAR, MEL], ids=["linear", "mel"])
def rendering(request):
    return Rendering(**request.param)


@pytest.fixture
def waveforms(noise, tone):
    """Five different clips."""
    return np.stack(
        [tone(440), tone(3000, amplitude=0.01), noise(), noise(seed=1) * tone(3), 0 * tone()]
    )


def naive_power(waveform, window, hop, fft_size, frames):
    """The definition, sum by sum: a Hann window around (t + 1/2) hop, then a Fourier sum."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    hann *= 2 / hann.sum()
    power = np.zeros((frames, fft_size // 2 + 1))
    for frame in range(frames):
        first = frame * hop + (hop - window) // 2 + (hop - window) % 2
        for k in range(fft_size // 2 + 1):
            total = 0
            for n in range(window):
                if 0 <= first + n < len(waveform):
                    turn = np.exp(-2j * np.pi * k * n / fft_size)
                    total += waveform[first + n] * hann[n] * turn
            power[frame, k] = abs(total) ** 2
    return power


@pytest.mark.parametrize(
    ("window_ms", "hop_ms", "fft_size", "clip_ms"),
    [(16, 6.25, 256, 26), (4, 6.25, 64, 40), (5, 10, 128, 30), (6, 3, 128, 17)],
)
def test_power_is_the_fourier_sum_of_windowed_frames(noise, window_ms, hop_ms, fft_size, clip_ms):
    changes = {"window_ms": window_ms, "hop_ms": hop_ms, "fft_size": fft_size, "clip_ms": clip_ms}
    rendering = Rendering(**{**LINEAR, **changes})
    wave = noise(rendering.clip_samples, amplitude=0.5)
    expected = naive_power(
        wave, rendering.window_samples, rendering.hop_samples, fft_size, rendering.frames
    )
    assert expected.shape == (rendering.frames, fft_size // 2 + 1)
    assert np.allclose(power_spectrogram(wave[None], rendering)[0], expected, rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("k", [2, 16, 64, 100, 126])
def test_a_full_scale_sine_is_white_in_its_row_counted_from_the_bottom(tone, k):
    image = render(tone(k * BIN_HZ, amplitude=1)[None], Rendering(**LINEAR))[0]
    inner = image[:, 3:-3]
    assert (inner.argmax(axis=0) == 128 - k).all()
    assert (inner[128 - k] == 255).all()
    far = np.delete(inner, range(128 - k - 3, 128 - k + 4), axis=0) if 3 < k < 125 else inner[:0]
    assert (far < 128).all()


def test_a_tenth_of_the_amplitude_is_20_db_darker(tone):
    rendering = Rendering(**LINEAR)
    loud, soft = (render(tone(1000, amplitude=a)[None], rendering)[0, 112, 80] for a in (0.5, 0.05))
    assert int(loud) - int(soft) == pytest.approx(20 * 255 / 120, abs=1)


def test_a_higher_tone_lies_higher_up(tone, rendering):
    rows = [
        render(tone(hz, amplitude=0.5)[None], rendering)[0, :, 80].argmax()
        for hz in (250, 500, 1000, 2000, 4000, 7000)
    ]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == len(rows)


def test_silence_is_black(rendering):
    assert not render(np.zeros((2, 16_000), dtype=np.float32), rendering).any()


def test_a_batch_is_its_clips_one_by_one(waveforms, rendering):
    waveforms = np.concatenate([waveforms] * 4)[:-1]
    assert len(waveforms) > 2 * CLIPS_AT_ONCE
    together = render(waveforms, rendering)
    alone = [render(waveform[None], rendering)[0] for waveform in waveforms]
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("hops", [1, 7, 50])
def test_a_shift_by_hops_shifts_the_columns(noise, rendering, hops):
    sound = noise(amplitude=0.5)
    shifted = np.pad(sound, (hops * rendering.hop_samples, 0))[: len(sound)]
    before, after = render(np.stack([sound, shifted]), rendering)
    edge = 3  # frames that reach beyond the clip
    one, other = before[:, edge : -edge - hops], after[:, edge + hops : -edge]
    assert np.abs(one.astype(int) - other).max() <= 1  # two roundings may differ in the last step
    assert np.abs(before.astype(int) - after).max() > 1


def test_waveforms_are_left_as_they_were(waveforms, rendering):
    copy = waveforms.copy()
    render(waveforms, rendering)
    assert np.array_equal(waveforms, copy)


@pytest.mark.parametrize(
    "changes",
    [{}, {"hop_ms": 10}, {"clip_ms": 500}, {"fft_size": 512}, {"window_ms": 4}, {"clip_ms": 999}],
)
def test_images_have_the_shape_that_the_rendering_says(changes, noise):
    for base in (LINEAR, MEL):
        rendering = Rendering(**{**base, **changes})
        images = render(np.stack([noise(rendering.clip_samples)] * 2), rendering)
        assert images.shape == (2, rendering.rows, rendering.frames)
        assert images.dtype == np.uint8
        assert images.flags.c_contiguous
    assert Rendering(**LINEAR).frames == 160
    assert Rendering(**LINEAR).rows == 129
    assert Rendering(**MEL).rows == 40


@pytest.mark.parametrize("shape", [(16_000,), (1, 15_999), (1, 16_001), (1, 1, 16_000)])
def test_another_shape_is_an_error_that_names_both(shape, rendering):
    with pytest.raises(
        ValueError, match=r"have shape \(.*\); \(clips, 16000\) is expected"
    ) as error:
        render(np.zeros(shape, dtype=np.float32), rendering)
    assert str(shape) in str(error.value)


def test_grey_is_linear_in_decibels_and_clipped():
    decibels = np.array([-np.inf, -200, -120, -60, -30, 0, 20])
    power = (10 ** (decibels / 10)).astype(np.float32)
    grey = to_grey(power, Rendering(**LINEAR))
    assert np.abs(grey - np.array([0, 0, 0, 127.5, 191.25, 255, 255])).max() <= 0.5
    other = Rendering(**{**LINEAR, "floor_db": -60, "ceiling_db": -30})
    assert to_grey(power, other).tolist() == [0, 0, 0, 0, 255, 255, 255]


def test_mel_filters_are_triangles_that_add_up_to_one():
    rendering = Rendering(**MEL)
    filters = mel_filterbank(rendering)
    assert filters.shape == (257, 40)
    hz = np.linspace(0, 8000, 257)
    mel = 2595 * np.log10(1 + hz / 700)
    edges = np.linspace(*(2595 * np.log10(1 + np.array([20, 7600]) / 700)), 42)
    inside = (mel >= edges[1]) & (mel <= edges[-2])
    assert np.allclose(filters[inside].sum(axis=1), 1, atol=1e-6)
    assert not filters[(hz <= 20) | (hz >= 7600)].any()
    assert filters.min() == 0
    assert filters.max() <= 1
    for band in range(40):
        used = filters[:, band] > 0
        assert used.any(), band
        assert ((mel > edges[band]) & (mel < edges[band + 2]) == used).all()


def test_a_sine_at_the_middle_of_a_mel_band_is_brightest_there(tone):
    rendering = Rendering(**MEL)
    edges = np.linspace(*(2595 * np.log10(1 + np.array([20, 7600]) / 700)), 42)
    for band in (15, 25, 39):  # wider than the window's main lobe
        hz = 700 * (10 ** (edges[band + 1] / 2595) - 1)
        column = render(tone(hz, amplitude=1)[None], rendering)[0, :, 80]
        assert column.argmax() == 39 - band


def test_mel_images_are_the_filters_on_the_linear_power(waveforms):
    rendering = Rendering(**MEL)
    power = power_spectrogram(waveforms, rendering) @ mel_filterbank(rendering)
    expected = to_grey(power, rendering).transpose(0, 2, 1)[:, ::-1]
    assert np.array_equal(render(waveforms, rendering), expected)


def test_a_linear_axis_does_not_ask_where_mel_bands_lie():
    assert Rendering(**{**LINEAR, "sample_rate_hz": 8000}).rows == Rendering(**LINEAR).rows


MEL_AXIS = {"axis": "mel", "mel_bands": 40}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window_ms": 17}, r"window of 17 ms is 272 samples, more than fft_size \(256\)"),
        ({"floor_db": 0}, r"floor_db \(0\) must be below ceiling_db \(0\)"),
        ({"axis": "mel"}, "mel_bands is a number if axis is mel"),
        ({"mel_bands": 40}, "mel_bands is a number if axis is mel"),
        ({"axis": "bark"}, "axis"),
        ({"highest_hz": 8001, **MEL_AXIS}, r"highest_hz \(8001\).*half the sample rate \(8000\)"),
        ({"lowest_hz": 8000, **MEL_AXIS}, r"lowest_hz \(8000\) must be below highest_hz \(8000\)"),
        ({"lowest_hz": -1}, "lowest_hz"),
        ({"hop_ms": 0.01}, r"hop_ms \(0\.01\) is less than a sample at 16000 Hz"),
        ({"window_ms": 0.01}, r"window_ms \(0\.01\) is less than a sample"),
        ({"clip_ms": 3}, r"clip_ms \(3\) is shorter than hop_ms \(6\.25\)"),
        ({"hop_ms": 0}, "hop_ms"),
        ({"clip_ms": -1}, "clip_ms"),
        ({"fft_size": 255}, "fft_size"),
        ({"fft_size": 8}, "fft_size"),
        ({"mel_bands": 0, "axis": "mel"}, "mel_bands"),
        ({"mel_bands": 80, "axis": "mel"}, r"2 of the 80 mel_bands are so narrow"),
        ({"sample_rate_hz": 0}, "sample_rate_hz"),
        ({"sample_rate_hz": 384_001}, "sample_rate_hz"),
        ({"fft_size": 2**16 + 2}, "fft_size"),
        ({"clip_ms": 60_001}, "clip_ms"),
        ({"mel_bands": 1025, "axis": "mel", "fft_size": 2**16}, "mel_bands"),
        ({"floor_db": float("nan")}, "floor_db"),
        ({"floor_db": float("-inf")}, "floor_db"),
        ({"windows_ms": 16}, "windows_ms"),
    ],
)
def test_renderings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        Rendering(**{**LINEAR, **changes})


@pytest.mark.parametrize("name", LINEAR)
def test_every_parameter_must_be_given(name):
    with pytest.raises(ValidationError, match=name):
        Rendering(**{key: value for key, value in LINEAR.items() if key != name})


@pytest.mark.parametrize("window_ms", [0.0625, 0.125, 0.25, 6.25, 16, 25])
def test_the_window_is_the_periodic_hann_window_of_scipy(window_ms):
    samples = Rendering(**LINEAR | {"window_ms": window_ms, "fft_size": 512}).window_samples
    expected = hann(samples, sym=False)
    expected = (2 / expected.sum() * expected).astype(np.float32)
    np.testing.assert_array_equal(_window(samples), expected)
