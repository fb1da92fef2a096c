/** The load of the media bench: `native/rtp-load.cc` as a process of its own, and what is said to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface LoadFigures {
  /** Packets that were sent, and of these the ones that came out at the other side as they were. */
  sent: number;
  received: number;
  /** Packets of any content that the parties heard, and sequence numbers left out between them. */
  heard: number;
  gaps: number;
  /** One-way time through the server. */
  p50Ms: number;
  p99Ms: number;
  mostMs: number;
  loadCpuMs: number;
}

export interface PartyAddress {
  address: string;
  port: number;
}

/** What protected parties send: packets sealed beforehand, of so many bytes, as many for each party, one party after another. */
export interface SealedPackets {
  path: string;
  packetBytes: number;
}

const PROGRAM = 'dist/native/rtp-load';

export class Load {
  readonly parties: readonly PartyAddress[];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(parties: readonly PartyAddress[], process: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>) {
    this.parties = parties;
    this.#process = process;
    this.#lines = lines;
  }

  static async open(parties: number, sealed?: SealedPackets): Promise<Load> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} was not built: npm run native says why`);
    const process = spawn(PROGRAM, [String(parties), ...(sealed === undefined ? [] : [sealed.path, String(sealed.packetBytes)])], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const port = Number(/^port ([0-9]+)$/.exec((await lines.next()).value ?? '')?.[1]);
    if (Number.isNaN(port)) throw new Error(`${PROGRAM} did not start`);
    return new Load(
      Array.from({ length: parties }, (_, at) => ({ address: addressOf(at), port })),
      process,
      lines,
    );
  }

  /** From now on each party sends to its port of the server's. */
  aim(ports: readonly number[]): void {
    this.#process.stdin.write(`aim 127.0.0.1 ${ports.join(' ')}\n`);
  }

  measure(): void {
    this.#process.stdin.write('measure\n');
  }

  async report(): Promise<LoadFigures> {
    this.#process.stdin.write('report\n');
    return JSON.parse((await this.#lines.next()).value ?? '{}') as LoadFigures;
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** Party 0 is 127.1.0.1; the program counts the same way. */
const addressOf = (party: number): string => `127.1.${(party + 1) >> 8}.${(party + 1) & 0xff}`;
