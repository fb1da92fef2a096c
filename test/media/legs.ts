/** Legs of a test: a party each, opened at the house by offer and answer, closed together. */
import { Party, type PartyOptions } from './party.ts';
import type { House } from './support.ts';

export interface Leg {
  id: string;
  party: Party;
  sdp: string;
}
export interface LegOptions extends PartyOptions {
  group?: string;
  signallingAddress?: string;
  timeoutMs?: number;
  /** Changes to the offer. */
  offer?: Parameters<Party['offer']>[0];
}

let last = 0;

export class Legs {
  readonly #house: House;
  readonly #parties: Party[] = [];

  constructor(house: House) {
    this.#house = house;
  }

  async party(options: PartyOptions = {}): Promise<Party> {
    const party = await Party.open(options);
    this.#parties.push(party);
    return party;
  }

  /** A leg whose party has offered and been answered, and knows where to send. */
  async open({ group = 'call', signallingAddress = '127.0.0.1', timeoutMs = 0, offer, ...options }: LegOptions = {}): Promise<Leg> {
    last += 1;
    const id = `leg-${last}.0`;
    const party = await this.party(options);
    const { sdp } = await this.#house.media.open({ endpointId: id, offer: party.offer(offer), signallingAddress, timeoutMs, group });
    return { id, party: party.aim(sdp), sdp };
  }

  close(): void {
    for (const party of this.#parties) party.close();
  }
}
