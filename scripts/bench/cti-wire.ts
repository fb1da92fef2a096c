/**
 * What left the server first, a pop or the INVITE to the phone, by the kernel's own stamps (dumpcap on the loopback): whoever reads both may read them the
 * other way about, the later the busier the box is. Told nothing where dumpcap is missing or may not capture.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of each packet; a pop's beginning and an INVITE's first lines are in it. */
const SNAP_BYTES = 1_600;
/** libpcap's file format: a header of 24 bytes, then records with one of 16. */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
const UDP_HEADER = 8;
const PROTOCOL_TCP = 6;
const STARTS_WITHIN_MS = 3_000;
/** The pops of INVITEs that come sooner may have left before the capture began. */
const BEGINS_MS = 1_000;

export interface Leads {
  leadMs: number[];
  /** INVITEs without a pop. */
  unpopped: number;
  /** Packets the capture lost: what is missing may be among them. */
  dropped: number;
}

export class Wire {
  readonly #folder = mkdtempSync(join(tmpdir(), 'huawu-wire-'));
  #capture: ChildProcess | null = null;
  #said = '';

  /** false: nothing can be captured here. */
  async start(httpPort: number, phonesPort: number): Promise<boolean> {
    if (spawnSync('sh', ['-c', 'command -v dumpcap'], { stdio: 'ignore' }).status !== 0) return false;
    const filter = `(tcp src port ${httpPort}) or (udp dst port ${phonesPort})`;
    const capture = spawn('dumpcap', ['-i', 'lo', '-f', filter, '-s', String(SNAP_BYTES), '-B', '32', '-P', '-w', this.#file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#capture = capture;
    return new Promise((resolve) => {
      capture.stderr?.on('data', (said: Buffer) => {
        this.#said += String(said);
        if (this.#said.includes('File:')) resolve(true);
      });
      capture.once('exit', () => resolve(false));
      setTimeout(() => resolve(false), STARTS_WITHIN_MS);
    });
  }

  /** How long before each INVITE to an agent's phone her pop left. */
  async stop(): Promise<Leads> {
    const capture = this.#capture;
    if (capture !== null && capture.exitCode === null) {
      const gone = new Promise((resolve) => capture.once('exit', resolve));
      capture.kill('SIGINT');
      await gone;
    }
    const found = leads(readFileSync(this.#file));
    rmSync(this.#folder, { recursive: true, force: true });
    return { ...found, dropped: Number(/dropped on interface .*?: \d+\/(\d+)/.exec(this.#said)?.[1] ?? 0) };
  }

  /** Whatever became of it. */
  end(): void {
    this.#capture?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, 'lo.pcap');
  }
}

function leads(file: Buffer): Omit<Leads, 'dropped'> {
  const popped = new Map<string, number>();
  const rung = new Set<string>();
  const leadMs: number[] = [];
  let unpopped = 0;
  let beganAt: number | null = null;
  for (const { atMs, text } of packets(file)) {
    beganAt ??= atMs;
    const caller = /"type":"screenPop".*?"caller":\{"number":"[^"]*?(\d{8})"/.exec(text)?.[1];
    if (caller !== undefined && !popped.has(caller)) popped.set(caller, atMs);
    if (!text.startsWith('INVITE ')) continue;
    const from = /^From:.*?sips?:[^@;>]*?(\d{8})@/im.exec(text)?.[1];
    // Sent again it is the same ring.
    if (from === undefined || rung.has(from) || atMs < beganAt + BEGINS_MS) continue;
    rung.add(from);
    const poppedAt = popped.get(from);
    if (poppedAt === undefined) unpopped += 1;
    else leadMs.push(atMs - poppedAt);
  }
  return { leadMs, unpopped };
}

function* packets(file: Buffer): Generator<{ atMs: number; text: string }> {
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length; ) {
    const atMs = file.readUInt32LE(at) * 1_000 + file.readUInt32LE(at + 4) / 1_000;
    const length = file.readUInt32LE(at + 8);
    const packet = file.subarray(at + RECORD_HEADER + ETHERNET, at + RECORD_HEADER + length);
    at += RECORD_HEADER + length;
    const ipBytes = ((packet[0] ?? 0) & 15) * 4;
    const isTcp = packet[9] === PROTOCOL_TCP;
    const headerBytes = isTcp ? ((packet[ipBytes + 12] ?? 0) >> 4) * 4 : UDP_HEADER;
    yield { atMs, text: packet.toString('latin1', ipBytes + headerBytes) };
  }
}
