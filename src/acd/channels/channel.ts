/** Channels: how much of each an agent takes at once, and which work lets others in beside it. */
import type { AgentConfiguration } from '../event.ts';

/** `voice`, or a name of the operator's own: `chat`, `mail`, `sms` … */
export type Channel = string;
export const VOICE: Channel = 'voice';

/** Channel → so many at once; voice is 1 unless set (0: she takes no calls and needs no phone), what is not named is 0. */
export type Capacities = Record<Channel, number>;
/**
 * Channel → what she may be offered beside work of that channel. Absent: work in writing lets all other writing in and no call; a call (with its
 * wrap-up) lets nothing in.
 */
export type Blending = Record<Channel, Channel[]>;

type Rules = Pick<AgentConfiguration, 'channels' | 'interruptibleBy'>;

export function capacityOf({ channels }: Rules, channel: Channel): number {
  if (channels === undefined) return channel === VOICE ? 1 : 0;
  return Object.hasOwn(channels, channel) ? (channels[channel] ?? 0) : channel === VOICE ? 1 : 0;
}

/** May work of the channel `other` be offered to her while she has some of `busyWith`? */
export function letsIn({ interruptibleBy }: Rules, busyWith: Channel, other: Channel): boolean {
  if (busyWith === other) return true;
  const named = interruptibleBy !== undefined && Object.hasOwn(interruptibleBy, busyWith) ? interruptibleBy[busyWith] : undefined;
  return named === undefined ? busyWith !== VOICE && other !== VOICE : named.includes(other);
}

/** She takes something else than calls. */
export const isManifold = ({ channels }: Rules): boolean => channels !== undefined;
