/**
 * How a recording lies in a file as Opus: for each 20 ms one packet of the left side and one of the right, each of the same length, so that any moment
 * stands at a known byte as it does in PCM; a WAV or an Ogg file is made of them as they are played. The sides are two mono streams: of what one says
 * nothing is ever heard on the other.
 */

/** Of one side: 16 kbit/s. */
export const SIDE_BYTES = 40;
export const PACKET_BYTES = 2 * SIDE_BYTES;
export const PACKET_PAIRS = 160;
/** Of a sealed frame, which is half a second. */
export const PACKETS_A_FRAME = 25;
/**
 * A side that was digitally silent for all of a packet is zeros, and is played as digital silence: RFC 6716 §3.1, a first byte of 0 says 10 ms, which
 * a packet of 20 ms never says.
 */
export const isSilent = (side: Uint8Array): boolean => side[0] === 0;
