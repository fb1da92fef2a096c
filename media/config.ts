/** The settings of `huawu media`; the only place in media/ that reads the environment. */
import { mkdirSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { availableParallelism, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type ControlAddress, LEAST_SECRET, readControlAddress } from '../kernel/control-socket.ts';
import { parseFlags, readSettingsFile, SettingsReader } from '../kernel/settings.ts';
import { type CodecName, isLaw } from './codec/codec.ts';
import { namedCodec, PLAIN_CODECS } from './sdp/formats.ts';
import { ENGINE_CHOICES, type EngineChoice } from './worker/engine.ts';

export interface MediaConfig {
  /** A path, a loopback TCP port, or a TLS port for who knows the secret. */
  socket: ControlAddress;
  secret: string;
  workers: number;
  /** What carries the packets; `auto`: native where it can be. */
  engine: EngineChoice;
  rtpPortMin: number;
  rtpPortMax: number;
  /** What we bind, and what we write in SDP. */
  hosts: Record<4 | 6, string>;
  publicAddresses: Record<4 | 6, string>;
  /** All addresses of this machine. */
  ownAddresses: string[];
  /** Where recordings may lie, and the master keys of sealed ones: given, or else those in a file of ours. null: anywhere, and none is sealed. */
  recordings: { folder: string; keys: string | null; keysFile: string } | null;
  logLevel: string;
  /** What is offered to phones and trunks and taken from them, in order of preference. */
  codecs: CodecName[];
  /** How long an application may be away, or be started anew, and still find its endpoints. */
  callsKeptSeconds: number;
  /** 0 = never */
  orphanExitSeconds: number;
}

/** The kernel's limit for the path of a local socket is 107 bytes. */
const LONGEST_SOCKET_PATH = 107;

export function readMediaConfig(args: readonly string[]): { config: MediaConfig; faults: string[] } {
  const { flags, words } = parseFlags(args);
  const faults = words.map((word) => `"${word}" is not understood: give --name value`);
  const file = readSettingsFile(flags.CONFIG ?? process.env.CONFIG ?? 'huawu.yaml', faults);
  const reader = new SettingsReader({ flags, env: process.env, file });
  const secret = reader.secret('MEDIA_SECRET') ?? '';
  const host = reader.text('MEDIA_HOST', '0.0.0.0');
  const dataDir = resolve(reader.text('DATA_DIR', './data'));
  const config: MediaConfig = {
    socket: socketOf(reader.text('MEDIA_SOCKET', join(dataDir, 'run', 'media.sock')), secret, faults),
    secret,
    workers: reader.integer('MEDIA_WORKERS', Math.max(1, availableParallelism() - 1), 1, 256),
    engine: reader.choice('MEDIA_ENGINE', 'auto', ENGINE_CHOICES),
    rtpPortMin: reader.integer('RTP_PORT_MIN', 20_000, 1024, 65_534),
    rtpPortMax: reader.integer('RTP_PORT_MAX', 29_999, 1025, 65_535),
    hosts: { 4: isIPv6(host) ? '0.0.0.0' : host, 6: isIPv6(host) ? host : '::' },
    publicAddresses: publicAddresses(reader.list('PUBLIC_ADDRESS'), faults),
    ownAddresses: ['127.0.0.1', '::1', ...interfaceAddresses().map((each) => each.address)],
    codecs: codecsOf(reader.list('MEDIA_CODECS'), faults),
    recordings: {
      folder: resolve(reader.text('RECORDINGS_DIR', join(dataDir, 'recordings'))),
      keys: reader.secret('RECORDING_KEY') ?? null,
      keysFile: join(dataDir, 'recording.keys'),
    },
    logLevel: reader.text('LOG_LEVEL', 'info'),
    callsKeptSeconds: reader.integer('CALLS_KEPT_SECONDS', 30, 1, 600),
    orphanExitSeconds: reader.integer('ORPHAN_EXIT_SECONDS', 0, 0, 86_400),
  };
  if (!isIPv4(host) && !isIPv6(host)) faults.push(`MEDIA_HOST is "${host}": give an address to listen on`);
  if (config.rtpPortMax <= config.rtpPortMin) faults.push(`RTP_PORT_MAX is ${config.rtpPortMax}: give a port above RTP_PORT_MIN, ${config.rtpPortMin}`);
  return { config, faults: [...faults, ...reader.faults] };
}

function codecsOf(names: string[], faults: string[]): CodecName[] {
  const codecs = names.map((name) => namedCodec(name));
  for (const [at, codec] of codecs.entries()) if (codec === null) faults.push(`MEDIA_CODECS names "${names[at]}": PCMA, PCMU, G722 and opus are known`);
  const known = codecs.filter((codec) => codec !== null);
  // RFC 7874 §3 and every telephone: without G.711 some party would have no codec in common with us.
  if (known.length > 0 && !known.some(isLaw)) faults.push('MEDIA_CODECS names neither PCMA nor PCMU: one of them is needed');
  return known.length > 0 ? [...new Set(known)] : [...PLAIN_CODECS];
}

function socketOf(text: string, secret: string, faults: string[]): ControlAddress {
  const address = readControlAddress(text);
  if ('path' in address) {
    const path = resolve(address.path);
    if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) faults.push(`MEDIA_SOCKET is "${text}": the path is longer than ${LONGEST_SOCKET_PATH} bytes`);
    return { path };
  }
  // Whoever reaches an open port commands the media server.
  const local = address.host === '127.0.0.1' || address.host === '::1';
  if (!address.secured && !local) faults.push(`MEDIA_SOCKET is "${text}": without TLS only 127.0.0.1 or ::1 may be listened on; give tls:host:port`);
  if (address.secured && secret.length < LEAST_SECRET)
    faults.push(
      `MEDIA_SECRET has ${secret.length} characters: a port that others can reach needs ${LEAST_SECRET} or more, for example of openssl rand -hex 32`,
    );
  return address;
}

/** The first of each family that is given; else the first of the machine that is not loopback. */
function publicAddresses(given: string[], faults: string[]): Record<4 | 6, string> {
  for (const address of given) if (!isIPv4(address) && !isIPv6(address)) faults.push(`PUBLIC_ADDRESS is "${address}": give an address, not a name`);
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = (family: 'IPv4' | 'IPv6'): string | undefined =>
    all.find((each) => each.family === family && !each.internal && !each.address.startsWith('fe80'))?.address;
  return { 4: given.find(isIPv4) ?? own('IPv4') ?? '127.0.0.1', 6: given.find(isIPv6) ?? own('IPv6') ?? '::1' };
}

const interfaceAddresses = (): NetworkInterfaceInfo[] => Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);

/** Makes the socket's folder for us alone; one that is there already stays as it is. */
export function prepareSocketFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
