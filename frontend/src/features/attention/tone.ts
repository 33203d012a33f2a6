/** A short tone, synthesised: there is no file to load. */

import type { Outcome } from "./news";

/** Two notes, in Hz: up if all is well, down if not. */
const NOTES: Record<Outcome, readonly [number, number]> = {
  done: [659, 880],
  failed: [440, 330],
};

const NOTE_S = 0.16;
const LOUDNESS = 0.12;

let context: AudioContext | null = null;

/** Silent where the browser has no sound, or none yet for this page. */
export async function playTone(outcome: Outcome): Promise<void> {
  try {
    context ??= new AudioContext();
    await context.resume();
    NOTES[outcome].forEach((hertz, index) => {
      if (context) playNote(context, hertz, context.currentTime + index * NOTE_S);
    });
  } catch {
    // No audio device: the title tells it as well.
  }
}

function playNote(audio: AudioContext, hertz: number, startS: number): void {
  const oscillator = new OscillatorNode(audio, { frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  // Up and down in ramps: a step would click.
  volume.gain.setValueAtTime(0, startS);
  volume.gain.linearRampToValueAtTime(LOUDNESS, startS + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, startS + NOTE_S * 1.8);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(startS);
  oscillator.stop(startS + NOTE_S * 2);
}
