/** A network element that rings two phones with one INVITE, and both answer: RFC 3261 §13.2.2.4 wants an ACK for each, and a BYE for the second. */
import { type Request, responseTo } from '../../../sip/message/message.ts';
import { parseMessage } from '../../../sip/message/parse.ts';
import { writeMessage } from '../../../sip/message/write.ts';
import type { SimClock, SimNetwork } from './simulation.ts';
import { sightOf } from './sniff.ts';

const T1_MS = 500;
const T2_MS = 4_000;
const GIVE_UP_MS = 32_000;
const TAGS = ['fork1', 'fork2'];

export class ForkingPeer {
  readonly #clock: SimClock;
  readonly #random: () => number;
  readonly #network: SimNetwork;
  readonly #address: string;
  /** By Call-ID and tag: stops the repeating of its 200. */
  readonly #answers = new Map<string, () => void>();
  readonly #rung = new Set<string>();

  constructor(address: string, clock: SimClock, random: () => number, network: SimNetwork) {
    this.#address = address;
    this.#clock = clock;
    this.#random = random;
    this.#network = network;
    network.join(address, (bytes, from) => this.#take(bytes, from.address));
  }

  #take(bytes: Buffer, from: string): void {
    const { method, callId, toTag } = sightOf(bytes);
    if (method === 'INVITE') {
      if (this.#rung.has(callId)) return;
      this.#rung.add(callId);
      const invite = parseMessage(bytes) as Request;
      for (const tag of TAGS) this.#ring(invite, tag, from);
    } else if (method === 'ACK') this.#answers.get(`${callId} ${toTag}`)?.();
    else if (method !== '') this.#network.send(writeMessage(responseTo(parseMessage(bytes) as Request, 200)), this.#address, from);
  }

  #ring(invite: Request, tag: string, to: string): void {
    const send = (status: number): void => {
      const response = responseTo(invite, status, tag);
      response.headers.add('Contact', `<sip:${tag}@${this.#address}>`);
      this.#network.send(writeMessage(response), this.#address, to);
    };
    send(180);
    this.#clock.after(1_000 + this.#random() * 500, () => {
      let stopped = false;
      this.#answers.set(`${invite.headers.get('call-id')} ${tag}`, () => {
        stopped = true;
      });
      const began = this.#clock.now();
      const again = (wait: number): void => {
        if (stopped || this.#clock.now() - began > GIVE_UP_MS) return;
        send(200);
        this.#clock.after(wait, () => again(Math.min(2 * wait, T2_MS)));
      };
      again(T1_MS);
    });
  }
}
