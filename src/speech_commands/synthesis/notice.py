"""What is said about a corpus inside it: who speaks, and under which terms."""

from collections.abc import Mapping, Sequence

from speech_commands.synthesis.voices import EspeakVoice, FliteVoice, speaker_id

TERMS = """\
Synthetic speech commands
=========================

Nobody spoke these recordings. They were made by the text-to-speech programs below, and the noise
in them by a random number generator, with the pipeline `synthetic_corpus` of the project
speech-commands. They imitate the layout of the Speech Commands dataset, but hold no part of it.

Terms. The makers of this corpus claim no rights in the recordings.

espeak-ng (https://github.com/espeak-ng/espeak-ng), Copyright 2005-2014 Jonathan Duddington,
2013-2016 Reece H. Dunn and others, is free software under the GNU General Public License, version
3 or later. That licence covers a program's output only if the output is itself a work based on
the program (section 2), which speech is not.

flite (http://cmuflite.org), Copyright 1999-2016 Carnegie Mellon University and others; authors:
Alan W Black, David Huggins-Daines and others. Its voices come under the same permissive terms:
free use, copying, modification and distribution, without restriction, provided that notices are
kept, modifications are marked and the authors' names are neither deleted nor used to endorse
derived products. The recordings here are modified: cut, scaled, and mixed with noise.
"""


def write_notice(
    versions: Mapping[str, str], voices: Mapping[str, Sequence[EspeakVoice | FliteVoice]]
) -> str:
    """Write the notice that goes into the training archive.

    Args:
        versions: engine to its version.
        voices: split to its voices.

    Returns:
        Plain text: the terms, the engines' versions, and one line a speaker.
    """
    engines = [f"{engine} {version}" for engine, version in sorted(versions.items())]
    speakers = [
        f"{speaker_id(voice)}  {split:<10}  {voice.engine} {voice.name}"
        for split, members in voices.items()
        for voice in members
    ]
    return "\n".join([TERMS, "Engines", *engines, "", "Speakers", *speakers, ""])
