/**
 * `huawu call NUMBER`: a test call to a running server by a SIP phone of ours with real audio, to see that a hotline answers.
 * Says what it meets as it happens. Exit codes: 0 answered and something was heard, 1 not, 2 wrong usage.
 */
import { parseFlags, SettingsReader } from '../kernel/settings.ts';
import { SipPhone } from '../test/support/phone.ts';
import type { PhoneCall } from '../test/support/phone-call.ts';

const USAGE = `usage: huawu call NUMBER [--from 13800001001] [--password-file F] [--keys 1,0] [--seconds 15] [--host 127.0.0.1] [--sip-port 5060]
  --from      the number it calls from: let in where this machine is among TRUSTED_TRUNKS, or an agent's number with its password
  --keys      keys to press, one group a comma, two seconds apart
  --seconds   how long it listens before it hangs up
`;
const PAUSE_MS = 2_000;
const ANSWER_WITHIN_MS = 60_000;

interface Wish {
  number: string;
  from: string;
  password: string | undefined;
  keys: string[];
  seconds: number;
  server: { host: string; port: number };
}

export async function main(args: string[]): Promise<number> {
  const { flags, words } = parseFlags(args);
  const settings = new SettingsReader({ flags, env: {}, file: {} });
  const wish: Wish = {
    number: words[0] ?? '',
    from: settings.text('FROM', '13800001001'),
    password: settings.secret('PASSWORD'),
    keys: settings.list('KEYS'),
    seconds: settings.integer('SECONDS', 15, 1, 3600),
    server: { host: settings.text('HOST', '127.0.0.1'), port: settings.integer('SIP_PORT', 5060, 1, 65_535) },
  };
  const faults = [...settings.faults];
  if (!/^[0-9+*#]{1,32}$/.test(wish.number) || words.length !== 1) faults.push('give one number to call: digits, +, * or #');
  if (wish.keys.some((group) => !/^[0-9*#A-D]{1,32}$/.test(group))) faults.push('--keys takes digits, *, # and A to D, with commas between groups');
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\n${USAGE}`);
    return 2;
  }
  return placeCall(wish);
}

async function placeCall({ number, from, password, keys, seconds, server }: Wish): Promise<number> {
  const phone = await SipPhone.open({ user: from, server, ...(password === undefined ? {} : { password }) });
  const startedAt = performance.now();
  const say = (what: string): void => void process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(2).padStart(7)} s  ${what}\n`);
  try {
    say(`${from} calls ${number} at ${server.host}:${server.port}`);
    const call = await phone.call(number);
    await call.answered(ANSWER_WITHIN_MS);
    say('answered');
    const heard = await call.rtp.hearsSound(5_000);
    say(heard ? 'something is heard' : 'nothing is heard');
    for (const group of keys) {
      await pause(PAUSE_MS);
      await call.rtp.press(group);
      say(`pressed ${group}`);
    }
    await stay(call, seconds, say);
    return heard ? 0 : 1;
  } catch (error) {
    say((error as Error).message);
    return 1;
  } finally {
    await phone.close();
  }
}

/** Listens until the other side hangs up or the time is over. */
async function stay(call: PhoneCall, seconds: number, say: (what: string) => void): Promise<void> {
  const over = await Promise.race([call.ended(seconds * 1000 + PAUSE_MS).catch(() => null), pause(seconds * 1000)]);
  if (call.state === 'ended') say(`the other side hung up${over?.reason == null ? '' : `: ${over.reason}`}`);
  else {
    await call.hangUp();
    say('hung up');
  }
}

const pause = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
