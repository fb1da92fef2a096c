/**
 * Calls of two protected parties, forwarded on arrival: what a pair of browsers costs once it talks. Each packet is checked and decrypted with one
 * leg's key and encrypted with the other's (SRTP both ways, in the suite that we take first of those a browser offers). Not in it: the handshake
 * (the keys stand in the SDP, so there is no ICE and no DTLS) and Opus (both ends speak G.711). A packet whose seal is wrong never comes out.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomToken } from '../../kernel/ids.ts';
import { plainCipher } from '../../media/srtp/plain-cipher.ts';
import { SrtpSender } from '../../media/srtp/session.ts';
import { KEY_BYTES, type MasterKey, SUITES } from '../../media/srtp/suite.ts';
import { lostPct } from './media-bridged.ts';
import { type ProtectedParties, round, type StageRun, underLoad } from './media-rig.ts';

const PAIRS = 50;
const PACKETS_A_SECOND = 50;
/** They talk from when they are opened, before it is measured. */
const LEAD_SECONDS = 20;
const HEADER_BYTES = 12;
const FRAME_BYTES = 160;
/** As `native/rtp-load.cc` has it. */
const MARK_EVERY = 32;

const [suite] = SUITES;

export const browserPairs: StageRun = async ({ count = PAIRS, ...options }) => {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
  try {
    const parties = sealedParties(join(folder, 'sealed'), count * 2, Math.ceil((options.seconds + LEAD_SECONDS) * PACKETS_A_SECOND));
    const { figures, cpuPct } = await underLoad(count * 2, options, (rig) => rig.join(), 2, parties);
    return {
      browserPairs: count,
      /** Of one core, for one pair. */
      browserPairCpuPct: round(cpuPct / count),
      browserLostPct: lostPct(figures),
      browserOneWayP50Ms: figures.p50Ms,
      browserOneWayP99Ms: figures.p99Ms,
      /** Of 50 packets a second from each: less = the load itself fell behind, and the CPU is that of fewer packets. */
      browserSentPct: round((figures.sent * 100) / (count * 2 * PACKETS_A_SECOND * options.seconds)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** So many packets of each party, sealed before anything is measured. */
function sealedParties(path: string, parties: number, packets: number): ProtectedParties {
  if (suite === undefined) throw new Error('no SRTP suite');
  const packetBytes = HEADER_BYTES + FRAME_BYTES + suite.rtpTagBytes;
  const cryptos: string[] = [];
  const file = openSync(path, 'w');
  for (let party = 0; party < parties; party += 1) {
    const master = { suite: suite.name, key: Buffer.from(randomToken(KEY_BYTES), 'hex'), salt: Buffer.from(randomToken(suite.saltBytes), 'hex') };
    cryptos.push(`a=crypto:1 ${suite.name} inline:${Buffer.concat([master.key, master.salt]).toString('base64')}`);
    writeSync(file, sealedStream(master, party + 1, packets, packetBytes));
  }
  closeSync(file);
  return { path, packetBytes, cryptos };
}

function sealedStream(master: MasterKey, ssrc: number, packets: number, packetBytes: number): Buffer {
  const sender = new SrtpSender(master, plainCipher);
  const stream = Buffer.alloc(packets * packetBytes);
  const packet = Buffer.alloc(HEADER_BYTES + FRAME_BYTES, 0xd5);
  packet[0] = 0x80;
  packet.writeUInt32BE(ssrc, 8);
  for (let at = 0; at < packets; at += 1) {
    packet[1] = at % MARK_EVERY === 0 ? 0x88 : 0x08;
    packet.writeUInt16BE(at & 0xffff, 2);
    packet.writeUInt32BE(at * FRAME_BYTES, 4);
    sender.sealRtp(packet)?.copy(stream, at * packetBytes);
  }
  return stream;
}
