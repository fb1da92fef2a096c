/**
 * Frames between the media server and whoever taps a leg, the same both ways: 12 bytes of head, then the payload.
 *
 *     byte 0      kind          0 hello (JSON) · 1 what the party says · 2 what it hears · 3 what it is to hear · 4 all of that was sent · 5 forget what was not played yet
 *     byte 1      0
 *     byte 2–3    payload bytes, big-endian, at most 16,384
 *     byte 4–7    position of the first sample since the tap began, by its rate; what lies between two frames was silence, or was dropped
 *     byte 8–11   frames dropped so far because they were not read
 *
 * Samples are 16 bit, signed, little-endian, mono. Kinds 0 to 2 are sent by the media server, 3 to 5 by the consumer (whose bytes 4 to 11 mean nothing).
 */
export const KIND = { hello: 0, said: 1, heard: 2, speak: 3, spoken: 4, forget: 5 } as const;
export const HEAD_BYTES = 12;
export const MOST_PAYLOAD_BYTES = 16_384;

export function writeHead(into: Buffer, kind: number, payloadBytes: number, position: number, dropped: number): void {
  into[0] = kind;
  into[1] = 0;
  into.writeUInt16BE(payloadBytes, 2);
  into.writeUInt32BE(position >>> 0, 4);
  into.writeUInt32BE(dropped >>> 0, 8);
}

/** Cuts a stream into frames; what breaks the framing makes it throw. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Calls `frame` for each that is whole; its payload is only valid within the call. */
  take(chunk: Buffer, frame: (kind: number, payload: Buffer) => void): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (rest.length >= HEAD_BYTES) {
      const bytes = rest.readUInt16BE(2);
      if (bytes > MOST_PAYLOAD_BYTES) throw new Error(`a frame of ${bytes} bytes: at most ${MOST_PAYLOAD_BYTES} are taken`);
      if (rest.length < HEAD_BYTES + bytes) break;
      frame(rest[0] as number, rest.subarray(HEAD_BYTES, HEAD_BYTES + bytes));
      rest = rest.subarray(HEAD_BYTES + bytes);
    }
    this.#rest = Buffer.from(rest);
  }
}
