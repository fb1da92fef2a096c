/**
 * Who hears whom, and what comes of it: a matrix of gains over any number of speakers and listeners. What most listeners hear of a
 * speaker is summed once for all; each listener then has only what differs for him taken off or put on, himself first of all. Pure.
 */

/** 0 dB is as it came. */
export const gainOf = (db: number | null): number => (db === null ? 0 : 10 ** (db / 20));

interface Difference {
  speaker: number;
  gain: number;
}

/** What is no whole number loses its fraction where it is stored: rounding would cost more than it is heard. */
const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

export class Mixer {
  readonly #sum: Float64Array;
  readonly #own: Float64Array;
  #common: number[] = [];
  #differences: Difference[][] = [];

  /** `frame`: samples of one frame. */
  constructor(frame: number) {
    this.#sum = new Float64Array(frame);
    this.#own = new Float64Array(frame);
  }

  /** `gains[listener][speaker]`, linear; there may be more speakers than listeners. */
  arrange(gains: readonly (readonly number[])[]): void {
    const speakers = gains[0]?.length ?? 0;
    this.#common = Array.from({ length: speakers }, (_, speaker) => mostFrequent(gains.map((row) => row[speaker] ?? 0)));
    this.#differences = gains.map((row) =>
      row.flatMap((gain, speaker) => (gain === this.#common[speaker] ? [] : [{ speaker, gain: gain - (this.#common[speaker] ?? 0) }])),
    );
  }

  /** One frame: `inputs` that are not `audible` are not looked at. Sums that are too loud are cut off, never wrapped. */
  mix(inputs: readonly Int16Array[], audible: readonly boolean[], outputs: readonly Int16Array[]): void {
    this.#add(inputs, audible);
    let shared: Int16Array | null = null;
    for (let listener = 0; listener < outputs.length; listener += 1) {
      const out = outputs[listener] as Int16Array;
      if (this.#hearsWhatAllHear(listener, audible)) {
        if (shared === null) this.#write(out, this.#sum);
        else out.set(shared);
        shared = out;
      } else this.#writeOwn(out, this.#differences[listener] as Difference[], inputs, audible);
    }
  }

  #hearsWhatAllHear(listener: number, audible: readonly boolean[]): boolean {
    for (const { speaker } of this.#differences[listener] as Difference[]) if (audible[speaker] === true) return false;
    return true;
  }

  #add(inputs: readonly Int16Array[], audible: readonly boolean[]): void {
    const sum = this.#sum;
    sum.fill(0);
    for (let speaker = 0; speaker < inputs.length; speaker += 1) {
      const gain = this.#common[speaker] as number;
      if (gain === 0 || audible[speaker] !== true) continue;
      const input = inputs[speaker] as Int16Array;
      for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + gain * (input[at] as number);
    }
  }

  #write(out: Int16Array, sum: Float64Array): void {
    for (let at = 0; at < out.length; at += 1) out[at] = saturate(sum[at] as number);
  }

  #writeOwn(out: Int16Array, differences: readonly Difference[], inputs: readonly Int16Array[], audible: readonly boolean[]): void {
    const own = this.#own;
    let from = this.#sum;
    for (let each = 0; each < differences.length; each += 1) {
      const { speaker, gain } = differences[each] as Difference;
      if (audible[speaker] !== true) continue;
      const input = inputs[speaker] as Int16Array;
      for (let at = 0; at < own.length; at += 1) own[at] = (from[at] as number) + gain * (input[at] as number);
      from = own;
    }
    this.#write(out, from);
  }
}

/** Of equals the first. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let [best, most] = [0, 0];
  for (const [value, count] of counts) if (count > most) [best, most] = [value, count];
  return best;
}
