/** One leg's reporting: what its party tells us over RTCP goes into the leg's quality, what we measure goes out to the party. */
import type { AudioQuality, AudioTrouble } from '../port.ts';
import type { IncomingStream } from '../rtp/incoming.ts';
import type { OutgoingStream } from '../rtp/outgoing.ts';
import { ntpMiddle, type ReportBlock, receiverReport, senderReport } from '../rtp/rtcp.ts';
import { LegQuality, type LegQualityState } from './leg-quality.ts';
import { readReports } from './received-report.ts';

export interface Reported {
  codec: string;
  clockRate: number;
  /** It is to send all the time. */
  mustSend: boolean;
}

/** What it has noted down, to go on with in another thread. */
export interface ReporterState {
  quality: LegQualityState;
  theirs: { at: number; cameMs: number } | null;
  sentBefore: number;
}

export class Reporter {
  readonly #in: IncomingStream;
  readonly #out: OutgoingStream;
  readonly #quality = new LegQuality();
  /** Their last sender report: its time as they wrote it, and when it came. */
  #theirs: { at: number; cameMs: number } | null = null;
  #sentBefore = 0;

  constructor(incoming: IncomingStream, outgoing: OutgoingStream) {
    this.#in = incoming;
    this.#out = outgoing;
  }

  carry(): ReporterState {
    return { quality: this.#quality.carry(), theirs: this.#theirs, sentBefore: this.#sentBefore };
  }

  resume({ quality, theirs, sentBefore }: ReporterState): void {
    this.#quality.resume(quality);
    this.#theirs = theirs;
    this.#sentBefore = sentBefore;
  }

  /** Takes an RTCP datagram of the party. */
  heard(packet: Buffer, nowMs: number): void {
    const report = readReports(packet, this.#out.ssrc);
    if (report === null) return;
    if (report.senderReportAt !== null) this.#theirs = { at: report.senderReportAt, cameMs: nowMs };
    if (report.about !== null) this.#quality.reported(report.about, ntpMiddle(nowMs));
  }

  /** Ends a reporting interval: the datagram to send (null = there is nothing to say), and a trouble that began or is over. */
  interval(party: Reported, nowMs: number): { packet: Buffer | null; trouble: AudioTrouble | 'none' | null } {
    const measured = this.#in.report();
    const sentPackets = this.#out.packets - this.#sentBefore;
    this.#sentBefore = this.#out.packets;
    const { expected, lostNow, gaps } = measured;
    const trouble = this.#quality.look({ ...party, expected, lost: lostNow, gaps, jitterMs: this.#in.jitterMs, sentPackets });
    const block = this.#in.ssrc === null ? null : { ...measured, ssrc: this.#in.ssrc, ...this.#sinceTheirs(nowMs) };
    return { packet: this.#packet(block, sentPackets, nowMs), trouble };
  }

  figures(): Omit<AudioQuality, 'codec'> {
    return this.#quality.figures();
  }

  #packet(block: ReportBlock | null, sentPackets: number, nowMs: number): Buffer | null {
    const { ssrc, packets, octets } = this.#out;
    if (sentPackets > 0) return senderReport({ ssrc, nowMs, timestamp: this.#out.timestampAt(nowMs), packets, octets }, block);
    return block === null ? null : receiverReport(ssrc, block);
  }

  #sinceTheirs(nowMs: number): Pick<ReportBlock, 'lastReport' | 'delaySinceLast'> {
    const theirs = this.#theirs;
    return theirs === null
      ? { lastReport: 0, delaySinceLast: 0 }
      : { lastReport: theirs.at, delaySinceLast: Math.round(((nowMs - theirs.cameMs) * 65_536) / 1000) };
  }
}
