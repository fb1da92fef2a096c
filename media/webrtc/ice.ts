/**
 * The lite side of ICE (RFC 8445 §2.5): we have public addresses, send no checks, answer those of the other side, and follow the
 * pair it nominates. An answer to each check also is the consent the browser asks for every few seconds (RFC 7675). Candidates in
 * its SDP are not even read: whoever signs a check with our password has an address we can see, so names under `.local` cost nothing.
 */
import type { Remote } from '../rtp/source-lock.ts';
import { BINDING_REQUEST, bindingError, bindingSuccess, isSignedWith, readStun } from './stun.ts';

export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

/** A browser with two networks and both families comes from four addresses; a NAT that rebinds adds one a time. */
const MOST_CHECKED = 8;
/** An agent that nominates all its pairs (aggressively) is held to the best of them, unless that one fell silent for so long. */
const STALE_MS = 2500;

interface Checked extends Remote {
  priority: number;
  atMs: number;
}

export class IceLite {
  #local: IceCredentials;
  #remoteUfrag: string;
  #checked: Checked[] = [];
  #selected: Checked | null = null;

  constructor(local: IceCredentials, remoteUfrag: string) {
    this.#local = local;
    this.#remoteUfrag = remoteUfrag;
  }

  /** Other credentials are a restart (§9): the selected pair carries on until a new one is nominated. */
  agree(local: IceCredentials, remoteUfrag: string): void {
    if (local.ufrag === this.#local.ufrag && local.pwd === this.#local.pwd && remoteUfrag === this.#remoteUfrag) return;
    this.#local = local;
    this.#remoteUfrag = remoteUfrag;
    if (this.#selected !== null) this.#selected.priority = -1;
  }

  /** Where the other side wants to be sent to. */
  get selected(): Remote | null {
    return this.#selected;
  }

  /** Who sent the last valid check: while nothing is nominated an answer can only go there. */
  get latest(): Readonly<Checked> | null {
    return this.#checked.reduce<Checked | null>((latest, each) => (latest === null || each.atMs >= latest.atMs ? each : latest), null);
  }

  /** When the last valid check came; 0 = none did. */
  get checkedAtMs(): number {
    return this.latest?.atMs ?? 0;
  }

  /** Whoever sent a valid check from there may also speak. */
  isChecked(address: string, port: number): boolean {
    for (const each of this.#checked) if (each.port === port && each.address === address) return true;
    return false;
  }

  /** Our answer to a STUN message; null = none is due. */
  heard(packet: Buffer, address: string, port: number, nowMs: number): Buffer | null {
    const message = readStun(packet);
    if (message === null || message.type !== BINDING_REQUEST) return null;
    const { transaction } = message;
    const { pwd } = this.#local;
    if (message.username === null || message.integrityAt === null) return bindingError(transaction, 400, [], null);
    // §7.3: the username of a check to us is "ours:theirs".
    if (message.username !== `${this.#local.ufrag}:${this.#remoteUfrag}` || !isSignedWith(packet, message, pwd))
      return bindingError(transaction, 401, [], null);
    if (message.unknown.length > 0) return bindingError(transaction, 420, message.unknown, pwd);
    // §7.3.1.1: a lite agent is controlled, always; the other side has to change.
    if (message.role === 'controlled') return bindingError(transaction, 487, [], pwd);
    const checked = this.#note(address, port, message.priority, nowMs);
    if (message.useCandidate) this.#nominate(checked, nowMs);
    return bindingSuccess(transaction, address, port, pwd);
  }

  #note(address: string, port: number, priority: number, nowMs: number): Checked {
    let checked = this.#checked.find((each) => each.port === port && each.address === address);
    if (checked === undefined) {
      checked = { address, port, priority, atMs: nowMs };
      if (this.#checked.length >= MOST_CHECKED) this.#checked = this.#checked.filter((each) => each !== this.#oldest());
      this.#checked.push(checked);
    }
    checked.priority = priority;
    checked.atMs = nowMs;
    return checked;
  }

  #oldest(): Checked | undefined {
    return this.#checked
      .filter((each) => each !== this.#selected)
      .reduce<Checked | undefined>((old, each) => (old === undefined || each.atMs < old.atMs ? each : old), undefined);
  }

  #nominate(checked: Checked, nowMs: number): void {
    const selected = this.#selected;
    if (selected === null || checked.priority >= selected.priority || nowMs - selected.atMs > STALE_MS) this.#selected = checked;
  }
}
