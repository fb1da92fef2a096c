import type { TrustClass } from './trust.ts';
import { Waiting } from './waiting.ts';

/** How loaded this program and its applications are, sampled each `SAMPLE_MS`. */
export interface Load {
  /** How late a timer came: the longest of the time since the last sample. */
  lagMs: number;
  /** The share of that time in which the event loop was at work, 0 to 1. */
  busyShare: number;
  /** Requests that wait for an application. */
  pending: number;
  /** Bytes that the application with the longest queue has not read. */
  backlogBytes: number;
}

export const SAMPLE_MS = 500;

/** Load at which pressure is 1: no more new work can be taken. */
const FULL: Load = { lagMs: 2_000, busyShare: Number.POSITIVE_INFINITY, pending: 10_000, backlogBytes: 1024 * 1024 };
/** The same of the wait for an application's first word. */
const FULL_WAIT_MS = 800;
/**
 * A loop that never rests falls behind, however short each turn: what waits, waits in the kernel, where it cannot be counted. So a saturated loop raises
 * the pressure step by step, and a loop that rests lowers it.
 */
const SATURATED_SHARE = 0.97;
const RESTED_SHARE = 0.9;
const RISE = 0.05;
const FALL = 0.1;

/** From this pressure on a class is turned away, first a few and, a quarter further, all of it: strangers first, then calls of known phones, trunks last. */
const SHED_FROM: Record<TrustClass, number> = { stranger: 0.3, flow: 0.55, trunk: 0.75 };
const SHED_ALL_AFTER = 0.25;

/** Of the calls that a second at the rated load brings: what each class leaves to those above it. */
const LEFT_TO_OTHERS: Record<TrustClass, number> = { stranger: 0.5, flow: 0.25, trunk: 0 };
const RATED_BURST_MS = 1_000;

/** Refuses new work early, so that what was taken is served. Requests inside dialogs are never asked about. */
export class Overload {
  /** Calls by themselves: an application that has no more time for these may still answer pings at once. */
  readonly #calls = new Waiting();
  readonly #others = new Waiting();
  readonly #ratedPerMs: number | undefined;
  /** Calls that may be let in at once. */
  #room: number;
  #roomAt = 0;
  #saturation = 0;
  #pressure = 0;
  readonly #owed: Record<TrustClass, number> = { stranger: 0, flow: 0, trunk: 0 };

  /** `ratedCalls`: so many calls a second are let in and no more, however well all goes; undefined: as many as can be served. */
  constructor(ratedCalls?: number) {
    this.#ratedPerMs = ratedCalls === undefined ? undefined : ratedCalls / 1_000;
    this.#room = this.#mostRoom;
  }

  get #mostRoom(): number {
    return Math.max(1, (this.#ratedPerMs ?? 0) * RATED_BURST_MS);
  }

  /** 0: idle, 1: full. */
  get pressure(): number {
    return Math.max(this.#pressure, Math.min(1, Math.max(this.#calls.ms, this.#others.ms) / FULL_WAIT_MS));
  }

  sample({ lagMs, busyShare, pending, backlogBytes }: Load, now: number): void {
    this.#calls.sample(SAMPLE_MS, now);
    this.#others.sample(SAMPLE_MS, now);
    if (busyShare >= SATURATED_SHARE) this.#saturation = Math.min(1, this.#saturation + RISE);
    else if (busyShare < RESTED_SHARE) this.#saturation = Math.max(0, this.#saturation - FALL);
    this.#pressure = Math.min(1, Math.max(this.#saturation, lagMs / FULL.lagMs, pending / FULL.pending, backlogBytes / FULL.backlogBytes));
  }

  /** New requests of which no application has said a word. */
  get unheard(): number {
    return this.#calls.count + this.#others.count;
  }
  /** An application was given a new request. */
  asked(id: string, method: string, now: number): void {
    (method === 'INVITE' ? this.#calls : this.#others).asked(id, now);
  }
  /** Its first response, or an end of it without one. */
  heard(id: string, method: string, now: number): void {
    (method === 'INVITE' ? this.#calls : this.#others).heard(id, now);
  }

  /** Whether this new request of that class has to go: of a share of 0.25 each fourth. */
  refuses(kind: TrustClass): boolean {
    const share = Math.min(1, (this.pressure - SHED_FROM[kind]) / SHED_ALL_AFTER);
    if (share <= 0) return false;
    this.#owed[kind] += share;
    if (this.#owed[kind] < 1) return false;
    this.#owed[kind] -= 1;
    return true;
  }

  /** Whether a call that nothing else speaks against is within the rated load. */
  takesCall(kind: TrustClass, now: number): boolean {
    if (this.#ratedPerMs === undefined) return true;
    this.#room = Math.min(this.#mostRoom, this.#room + Math.max(0, now - this.#roomAt) * this.#ratedPerMs);
    this.#roomAt = now;
    if (this.#room < 1 + LEFT_TO_OTHERS[kind] * (this.#mostRoom - 1)) return false;
    this.#room -= 1;
    return true;
  }
}
