/**
 * Carries out `deliverSecrets`: one POST of JSON to the form's address, answered within 20 s by a flat JSON object of texts, for example a token
 * that stands for the card. Tried once: who charges a card must not be asked twice by a machine that is in doubt. Whatever comes of it, what was
 * keyed in is forgotten here, and nothing of it is in what is told or logged.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { CallsView } from '../call/call.ts';
import type { CallCommand } from '../call/command.ts';
import type { CallEvent } from '../call/event.ts';
import type { CaptureForm, CaptureForms } from './forms.ts';
import type { Vault } from './vault.ts';

export interface DeliveriesOptions {
  forms: CaptureForms;
  vault: Vault;
  calls: CallsView;
  clock: Clock;
  log: Logger;
  take(event: CallEvent): void;
}

type Deliver = Extract<CallCommand, { type: 'deliverSecrets' }>;

const DEADLINE_MS = 20_000;
const MOST_UNDER_WAY = 500;
const MOST_ANSWER_BYTES = 16 * 1024;
const MOST_VALUES = 16;
const MOST_VALUE_CHARS = 256;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Shorter secrets stand in other texts by chance. */
const TELLING_DIGITS = 6;

export function createDeliveries(options: DeliveriesOptions): { deliverSecrets(command: Deliver): void } {
  const { forms, vault, clock, log, take } = options;
  let underWay = 0;
  return {
    deliverSecrets(command) {
      const { callId, tenantId, deliveryId, by, form: name, names } = command;
      const secrets = vault.take(callId, names, clock.now());
      const form = forms[tenantId]?.[name];
      const tell = (values: Record<string, string> | null): void =>
        take({ type: 'secretsDelivered', callId, deliveryId, by, form: name, names, ok: values !== null, values: values ?? {} });
      if (secrets === null || form === undefined || underWay >= MOST_UNDER_WAY) {
        const why = secrets === null ? 'not all of it was keyed in' : form === undefined ? 'there is no such form' : 'too many are under way';
        log.warn({ callId, form: name, why }, 'secrets were not handed on');
        return tell(null);
      }
      underWay += 1;
      post(options, command, form, secrets)
        .catch((error: Error) => {
          log.warn({ callId, form: name, why: reasonOf(error, secrets) }, 'secrets were not handed on');
          return null;
        })
        .then((values) => {
          underWay -= 1;
          tell(values);
        });
    },
  };
}

async function post({ calls }: DeliveriesOptions, command: Deliver, form: CaptureForm, secrets: Record<string, string>): Promise<Record<string, string>> {
  const { callId, tenantId, by, form: name } = command;
  const call = calls.get(callId);
  const about = { tenant: tenantId, form: name, callId, agentId: by, customerId: call?.customer?.customerId ?? null, caller: call?.caller.number ?? '' };
  const response = await fetch(form.url, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json', 'idempotency-key': command.deliveryId },
      ...(form.token === undefined ? {} : { authorization: `Bearer ${form.token}` }),
    },
    body: JSON.stringify({ ...about, data: call?.data ?? {}, secrets }),
    // Whoever redirects would have us hand it to somebody whom nobody has named.
    redirect: 'error',
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await bodyOf(response);
  if (response.status !== 200) throw new Error(`it answered ${response.status}`);
  return valuesIn(text, secrets);
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error(`it answered with more than ${MOST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An answer that repeats what was keyed in is not taken: it would be in the call's data, its record and on screens. */
export function valuesIn(text: string, secrets: Readonly<Record<string, string>>): Record<string, string> {
  let answer: unknown;
  try {
    answer = JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new Error('its answer is no JSON');
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw new Error('its answer is no JSON object');
  const values = Object.entries(answer)
    .filter(([name, value]) => NAME.test(name) && !Object.hasOwn(secrets, name) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => [name, String(value)] as const)
    .filter(([, value]) => value.length <= MOST_VALUE_CHARS)
    .slice(0, MOST_VALUES);
  const repeats = values.some(([, value]) => Object.values(secrets).some((digits) => tells(value, digits)));
  if (repeats) throw new Error('its answer repeats what was keyed in');
  return Object.fromEntries(values);
}

/** Also with spaces or hyphens between the digits. */
const tells = (value: string, digits: string): boolean => {
  const bare = value.replaceAll(/[\s-]/g, '');
  return bare === digits || (digits.length >= TELLING_DIGITS && bare.includes(digits));
};

/** Of errors of the network only the code, and never a text that holds a digit of it. */
function reasonOf(error: Error, secrets: Readonly<Record<string, string>>): string {
  const cause = error.cause instanceof Error && 'code' in error.cause ? ` (${String(error.cause.code)})` : '';
  const reason = `${error.message}${cause}`.slice(0, 200);
  return Object.values(secrets).some((digits) => tells(reason, digits)) ? 'for a reason that repeats it' : reason;
}
