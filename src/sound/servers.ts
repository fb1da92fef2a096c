/** The media servers there are, ours and others', as the fleet connects to them. */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { connectMedia, type MediaIdentity } from './client.ts';
import type { FleetOptions } from './fleet.ts';
import { connectEngine } from './rtpengine/engine.ts';
import { openKeyPort } from './rtpengine/keys.ts';

export interface MediaAddresses {
  own: readonly { name: string; socket: string }[];
  others: readonly string[];
  secret: string | null;
  engines: readonly { host: string; port: number }[];
  engineKeys: { host: string; port: number } | null;
  identity: MediaIdentity;
}

export function mediaServers({ own, others, secret, engines, engineKeys, identity }: MediaAddresses, clock: Clock, log: Logger): FleetOptions['servers'] {
  const ours = [...own, ...others.map((socket) => ({ name: socket, socket }))];
  const hosts = new Set(engines.map(({ host }) => host));
  const keys = engineKeys === null || engines.length === 0 ? null : openKeyPort(engineKeys.host, engineKeys.port, hosts, log);
  return [
    ...ours.map(({ name, socket }): FleetOptions['servers'][0] => ({
      name,
      connect: (lines) => connectMedia({ socket, secret, identity, clock, log, ...lines }),
    })),
    ...engines.map(({ host, port }): FleetOptions['servers'][0] => ({
      name: `rtpengine ${host}:${port}`,
      connect: (lines) => connectEngine({ host, port, keys, clock, log, ...lines }),
    })),
  ];
}
