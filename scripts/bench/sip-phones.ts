/** Phones that register and stay registered: half over UDP, half over TCP, a few hundred behind each socket as behind an office's NAT. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pause, systemClock } from '../../kernel/clock.ts';

const PHONES_PER_SOCKET = 500;
const PACE_MS = 10;
/** RFC 3261's T1: over UDP unanswered requests are sent again. */
const REPEAT_MS = 500;
const GIVE_UP_MS = 8_000;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface RegistrationCounts {
  granted: number;
  failed: number;
  retransmissions: number;
}

/** One socket of its own address, as a site has one public address. */
interface Site {
  protocol: 'UDP' | 'TCP';
  address: string;
  port: number;
  send(text: string): void;
  close(): void;
}

interface Asked {
  site: Site;
  text: string;
  firstAt: number;
  lastAt: number;
}

export class PhoneFarm {
  readonly #sites: Site[] = [];
  readonly #asked = new Map<string, Asked>();
  readonly #phones: number;
  readonly #serverPort: number;
  #round = 0;
  #next = 0;
  #counts: RegistrationCounts = { granted: 0, failed: 0, retransmissions: 0 };

  constructor(phones: number, serverPort: number) {
    this.#phones = phones;
    this.#serverPort = serverPort;
  }

  async open(): Promise<void> {
    const sites = Math.ceil(this.#phones / PHONES_PER_SOCKET);
    for (let site = 0; site < sites; site += 1) {
      const address = `127.1.${site >> 8}.${1 + (site & 0xff)}`;
      this.#sites.push(site % 2 === 0 ? await this.#udpSite(address) : await this.#tcpSite(address));
    }
  }

  /** The next `count` phones register, `perSecond` of them in a second; resolves when all are answered or given up. */
  async register(count: number, perSecond: number): Promise<RegistrationCounts> {
    this.#counts = { granted: 0, failed: 0, retransmissions: 0 };
    const began = systemClock.now();
    for (let sent = 0; sent < count || this.#asked.size > 0; ) {
      const due = Math.min(count, Math.ceil(((systemClock.now() - began) / 1_000) * perSecond));
      for (; sent < due; sent += 1) this.#registerNext();
      this.#lookAtUnanswered();
      await pause(systemClock, PACE_MS);
    }
    return this.#counts;
  }

  close(): void {
    for (const site of this.#sites) site.close();
  }

  #registerNext(): void {
    if (this.#next === 0) this.#round += 1;
    const phone = this.#next;
    this.#next = (this.#next + 1) % this.#phones;
    const site = this.#sites[Math.floor(phone / PHONES_PER_SOCKET)];
    if (site === undefined) return;
    const key = `${phone}-${this.#round}`;
    const text = registerOf(site, phone, this.#round);
    const now = systemClock.now();
    this.#asked.set(key, { site, text, firstAt: now, lastAt: now });
    site.send(text);
  }

  #lookAtUnanswered(): void {
    const now = systemClock.now();
    for (const [key, asked] of this.#asked) {
      if (now - asked.firstAt > GIVE_UP_MS) {
        this.#counts.failed += 1;
        this.#asked.delete(key);
      } else if (asked.site.protocol === 'UDP' && now - asked.lastAt > REPEAT_MS) {
        asked.lastAt = now;
        this.#counts.retransmissions += 1;
        asked.site.send(asked.text);
      }
    }
  }

  /** Any number of responses; a branch cut off at the end of a chunk is given back. */
  #heard(text: string): string {
    let rest = text;
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      this.#answered(rest.slice(0, end));
      rest = rest.slice(end + 4);
    }
    return rest;
  }

  #answered(head: string): void {
    const key = /branch=z9hG4bK-(\d+-\d+)/.exec(head)?.[1] ?? '';
    if (!this.#asked.delete(key)) return;
    if (head.startsWith('SIP/2.0 200 ')) this.#counts.granted += 1;
    else this.#counts.failed += 1;
  }

  async #udpSite(address: string): Promise<Site> {
    const socket: UdpSocket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    socket.bind(0, address);
    await once(socket, 'listening');
    socket.on('message', (bytes) => void this.#heard(bytes.toString('latin1')));
    return {
      protocol: 'UDP',
      address,
      port: socket.address().port,
      send: (text) => socket.send(text, this.#serverPort, '127.0.0.1'),
      close: () => socket.close(),
    };
  }

  async #tcpSite(address: string): Promise<Site> {
    const socket: Socket = connect({ host: '127.0.0.1', port: this.#serverPort, localAddress: address, noDelay: true });
    await once(socket, 'connect');
    let rest = '';
    socket.on('data', (bytes) => {
      rest = this.#heard(rest + bytes.toString('latin1'));
    });
    return { protocol: 'TCP', address, port: socket.localPort ?? 0, send: (text) => void socket.write(text), close: () => socket.destroy() };
  }
}

function registerOf({ protocol, address, port }: Site, phone: number, round: number): string {
  const user = `8${String(phone).padStart(6, '0')}`;
  const contact = `<sip:${user}@${address}:${port}${protocol === 'TCP' ? ';transport=tcp' : ''}>`;
  return [
    'REGISTER sip:bench.test SIP/2.0',
    `Via: SIP/2.0/${protocol} ${address}:${port};rport;branch=z9hG4bK-${phone}-${round}`,
    'Max-Forwards: 70',
    `From: <sip:${user}@bench.test>;tag=p${phone}`,
    `To: <sip:${user}@bench.test>`,
    `Call-ID: phone-${phone}@${address}`,
    `CSeq: ${round} REGISTER`,
    `Contact: ${contact}`,
    'Expires: 3600',
    'User-Agent: bench phone',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}
