/**
 * Several endpoints that hear one another by a matrix of gains, each in its own codec. Everything that is more than two parties who
 * speak the same codec is one of these: a conference, listening in, whispering, two legs that must be transcoded.
 */
import { type CodecName, FACTS, type SampleRate } from '../codec/codec.ts';
import type { Playlist } from '../play/playlist.ts';
import type { Player } from '../play/tick.ts';
import type { Gain } from '../port.ts';
import { FRAME_SAMPLES, type RtpHeader } from '../rtp/packet.ts';
import { Announcement } from './announcement.ts';
import { JitterBuffer } from './jitter.ts';
import { gainOf, Mixer } from './mixer.ts';

/** What a conference needs of an endpoint. */
export interface Party {
  readonly id: string;
  /** What it is sent; null before that is agreed. */
  readonly codec: CodecName | null;
  /** It is to speak: a party that has put us on hold is not, and the music it may send is for nobody here. */
  readonly speaks: boolean;
  /** Its keys are secret now. */
  secret(nowMs: number): boolean;
  /** 20 ms of what it hears. `delayMs`: how long the others' sound has waited for its turn. */
  mixed(samples: Int16Array, skipped: number, nowMs: number, delayMs: number): void;
  /** A key another party has pressed, where those are passed on. */
  keyPassedOn(key: string): void;
}

interface Member {
  party: Party;
  jitter: JitterBuffer;
}

const FRAMES_A_SECOND = 50;

export class Conference implements Player {
  readonly #passesKeys: boolean;
  readonly #members = new Map<Party, Member>();
  readonly #gains = new Map<string, number>();
  readonly #announcement = new Announcement();
  // What the beat goes through, in the same order: parties, jitter buffers, their sound, whether any is heard, what each hears.
  #rate: SampleRate = 8000;
  #mixer = new Mixer(FRAME_SAMPLES);
  #parties: Party[] = [];
  #jitters: JitterBuffer[] = [];
  #inputs: Int16Array[] = [];
  #audible: boolean[] = [];
  #outputs: Int16Array[] = [];

  /** `passesKeys`: a key one presses is sent to the others. */
  constructor(passesKeys: boolean) {
    this.#passesKeys = passesKeys;
  }

  get size(): number {
    return this.#members.size;
  }

  get parties(): IterableIterator<Party> {
    return this.#members.keys();
  }

  /** Whoever stays is not disturbed. */
  seat(party: Party): void {
    if (!this.#members.has(party)) this.#members.set(party, { party, jitter: new JitterBuffer(this.#rate) });
    this.settle();
  }

  leave(party: Party): void {
    this.#members.get(party)?.jitter.close();
    this.#members.delete(party);
    this.settle();
  }

  setGains(gains: readonly Gain[]): void {
    for (const { speaker, listener, db } of gains) this.#gains.set(pair(speaker, listener), gainOf(db));
    this.settle();
  }

  /** Those that stand are forgotten. */
  replaceGains(gains: readonly Gain[]): void {
    this.#gains.clear();
    this.setGains(gains);
  }

  startAnnouncement(playId: string, ended: (end: 'finished' | 'stopped') => void): void {
    this.#announcement.start(playId, ended);
  }

  announce(playId: string, list: Playlist): void {
    this.#announcement.play(playId, list);
  }

  forgetAnnouncement(playId: string): boolean {
    return this.#announcement.forget(playId);
  }

  close(): void {
    this.#announcement.end('stopped');
    for (const { jitter } of this.#members.values()) jitter.close();
    this.#members.clear();
  }

  /** A packet of one of its parties. */
  heard(party: Party, packet: Uint8Array, header: RtpHeader, codec: CodecName, nowMs: number): void {
    this.#members.get(party)?.jitter.put(packet, header, codec, nowMs);
  }

  pressed(party: Party, key: string): void {
    if (this.#passesKeys) for (const other of this.#parties) if (other !== party) other.keyPassedOn(key);
  }

  /** Somebody else's keys are secret now. */
  secretBeside(party: Party, nowMs: number): boolean {
    for (const other of this.#parties) if (other !== party && other.secret(nowMs)) return true;
    return false;
  }

  /** Members, their codecs or their gains have changed. */
  settle(): void {
    const members = [...this.#members.values()];
    const rate = rateFor(members);
    if (rate !== this.#rate) this.#changeRate(rate, members);
    const frame = rate / FRAMES_A_SECOND;
    this.#parties = members.map((each) => each.party);
    this.#jitters = members.map((each) => each.jitter);
    // The announcement speaks last, to all.
    this.#inputs = Array.from({ length: members.length + 1 }, () => new Int16Array(frame));
    this.#audible = this.#inputs.map(() => false);
    this.#outputs = members.map(() => new Int16Array(frame));
    this.#mixer = new Mixer(frame);
    this.#mixer.arrange(this.#parties.map((listener) => [...this.#parties.map((speaker) => this.#gain(speaker, listener)), 1]));
  }

  beat(frame: number, skipped: number, nowMs: number): void {
    let delayMs = 0;
    for (let at = 0; at < this.#parties.length; at += 1) {
      const jitter = this.#jitters[at] as JitterBuffer;
      const heard = jitter.take(this.#inputs[at] as Int16Array, nowMs);
      this.#audible[at] = heard && (this.#parties[at] as Party).speaks;
      delayMs = Math.max(delayMs, jitter.delayMs);
    }
    this.#audible[this.#parties.length] = this.#announcement.fill(this.#inputs[this.#parties.length] as Int16Array, frame);
    this.#mixer.mix(this.#inputs, this.#audible, this.#outputs);
    // Whoever is told something here may leave: who is next is looked up, not remembered.
    const [parties, outputs] = [this.#parties, this.#outputs];
    for (let at = 0; at < parties.length; at += 1) (parties[at] as Party).mixed(outputs[at] as Int16Array, skipped, nowMs, delayMs);
  }

  #gain(speaker: Party, listener: Party): number {
    return speaker === listener ? 0 : (this.#gains.get(pair(speaker.id, listener.id)) ?? 1);
  }

  #changeRate(rate: SampleRate, members: Member[]): void {
    this.#rate = rate;
    this.#announcement.rate(rate);
    for (const member of members) {
      member.jitter.close();
      member.jitter = new JitterBuffer(rate);
    }
  }
}

const pair = (speaker: string, listener: string): string => JSON.stringify([speaker, listener]);

/** At 16 kHz only when there is somebody to say more than a telephone carries and somebody else to hear it. */
function rateFor(members: readonly Member[]): SampleRate {
  const wide = members.filter(({ party }) => party.codec !== null && FACTS[party.codec].sampleRate === 16_000);
  return wide.length >= 2 ? 16_000 : 8000;
}
