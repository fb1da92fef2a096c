/** What may be said of a place: one schema for the tenant's file and the API. */
import { z } from 'zod';
import type { Location } from '../call/location.ts';

/** RFC 7315 §5.4: access type, then parameters; one line of printable ASCII, since it is sent as it stands. */
const ACCESS_NETWORK = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\s*;\s*[\x20-\x7e]+)?$/;

export const locationSchema: z.ZodType<Location> = z
  .strictObject({
    address: z.string().min(1).max(300),
    latitude: z.number().min(-90).max(90).nullable().default(null),
    longitude: z.number().min(-180).max(180).nullable().default(null),
    accessNetwork: z.string().max(200).regex(ACCESS_NETWORK, 'an access type, then `; name="value"`: one line').nullable().default(null),
  })
  .refine(({ latitude, longitude }) => (latitude === null) === (longitude === null), 'latitude and longitude stand together');
