/** Sections `channels` and `interruptibleBy` of an agent, as tenant file and API take them. */
import { z } from 'zod';

export const MOST_AT_ONCE = 100;
const MOST_CHANNELS = 16;
/** Of all channels: what her desk shows stays below what a socket may owe her. */
const MOST_IN_ALL = 150;

/** `voice`, or a name of the operator's own. */
export const channelName = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a channel is named by small letters, digits, _ and -');

const few = <T extends object>(named: T) => Object.keys(named).length <= MOST_CHANNELS;

export const channelsSchema = z
  .record(channelName, z.int().min(0).max(MOST_AT_ONCE))
  .refine(few, `at most ${MOST_CHANNELS} channels`)
  .refine((each) => Object.values(each).reduce((sum, most) => sum + most, 0) <= MOST_IN_ALL, `at most ${MOST_IN_ALL} at once in all`)
  .refine(({ voice = 1 }) => voice <= 1, { message: 'one call at once: voice is 0 or 1', path: ['voice'] });

/** Of work of one channel: what may be offered beside it. */
export const interruptibleBySchema = z.record(channelName, z.array(channelName).max(MOST_CHANNELS)).refine(few, `at most ${MOST_CHANNELS} channels`);
