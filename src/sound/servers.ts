/** The media servers there are, ours and others', as the fleet connects to them. */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { connectMedia } from './client.ts';
import type { FleetOptions } from './fleet.ts';

export interface MediaAddresses {
  own: readonly { name: string; socket: string }[];
  others: readonly string[];
  secret: string | null;
}

export function mediaServers({ own, others, secret }: MediaAddresses, clock: Clock, log: Logger): FleetOptions['servers'] {
  const all = [...own, ...others.map((socket) => ({ name: socket, socket }))];
  return all.map(({ name, socket }) => ({ name, connect: (lines) => connectMedia({ socket, secret, clock, log, ...lines }) }));
}
