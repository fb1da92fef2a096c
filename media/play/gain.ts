/** Louder and softer by table: G.711 in, G.711 out, one look-up a sample. */
import { type Codec, toCode, toLinear } from '../codec/g711.ts';

export const LEAST_VOLUME_DB = -40;
export const MOST_VOLUME_DB = 12;

type Table = Readonly<Record<Codec, Uint8Array>>;
/** By whole decibels: 53 of them at most. */
const tables = new Map<number, Table>();

/** null = as it is. */
export function gainOf(volumeDb: number): Table | null {
  const db = Math.round(Math.max(LEAST_VOLUME_DB, Math.min(MOST_VOLUME_DB, volumeDb)));
  if (db === 0) return null;
  let table = tables.get(db);
  if (table === undefined) {
    const factor = 10 ** (db / 20);
    const louder = (codec: Codec): Uint8Array =>
      Uint8Array.from(toLinear[codec], (sample) => toCode[codec][Math.max(-32_768, Math.min(32_767, Math.round(sample * factor))) & 0xffff] ?? 0);
    table = { PCMA: louder('PCMA'), PCMU: louder('PCMU') };
    tables.set(db, table);
  }
  return table;
}
