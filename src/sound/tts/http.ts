/** A voice behind HTTP: POST of {"text", "language"}, answered by audio/wav. */
import type { Voice } from './port.ts';

const MOST_BYTES = 5 * 1024 * 1024;
const WAV_TYPE = /^audio\/(x-|vnd\.)?wave?\b/i;

export function httpVoice(url: string, token: string | null): Voice {
  return {
    name: `http ${url}`,
    async say(text, language, signal) {
      const headers = { 'content-type': 'application/json', accept: 'audio/wav', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
      // Whoever redirects would have us hand texts and token to somebody whom nobody has named.
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ text, language }), redirect: 'error', signal });
      const refuse = async (what: string): Promise<never> => {
        await response.body?.cancel();
        throw new Error(`the text-to-speech service ${what}`);
      };
      if (response.status !== 200) return refuse(`answered ${response.status}`);
      const type = response.headers.get('content-type') ?? 'nothing';
      if (!WAV_TYPE.test(type)) return refuse(`sent ${type.slice(0, 100)}: audio/wav is wanted`);
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) throw new Error(`the text-to-speech service sent more than ${MOST_BYTES} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
  };
}
