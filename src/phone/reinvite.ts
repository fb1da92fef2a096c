/**
 * A re-INVITE of our own, sent as a plain request of the dialog: `modify` of drachtio-srf never sends another once one was refused.
 */
import { pause, within } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { descriptionIn } from './description.ts';
import type { Rim } from './rim.ts';
import type { SipDialog, SipResponse } from './srf.ts';
import { askInside } from './trunk/inside.ts';
import type { TrunkLine } from './trunk/line.ts';

/** A phone that says nothing for so long has gone; the transaction itself would wait 32 s. */
const ANSWER_WITHIN_MS = 4_000;
const MOST_TRIES = 4;
const SLOT_MS = 10;
/** The phone is busy with an offer (500 with Retry-After): it may name up to ten seconds, which nobody waits in silence. */
const BUSY_RETRY_MS = 500;

export class ReinviteRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the phone refused our re-INVITE with ${status}`);
    this.status = status;
  }
}

/** Resolves with the phone's answer. `ours`: the dialog's Call-ID is of our making. */
export async function reinvite(rim: Rim, line: TrunkLine | null, dialog: SipDialog, sdp: string, ours: boolean): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const response = await within(rim.clock, ANSWER_WITHIN_MS, ask(rim, line, dialog, sdp), () => new ReinviteRefused(408));
    if (response.status < 300) return descriptionIn(response);
    const retryMs = retryAfter(response, ours);
    if (retryMs === null || tries >= MOST_TRIES || !dialog.connected) throw new ReinviteRefused(response.status);
    await pause(rim.clock, retryMs);
    if (!dialog.connected) throw new ReinviteRefused(481);
  }
}

function ask(rim: Rim, line: TrunkLine | null, dialog: SipDialog, body: string): Promise<SipResponse> {
  const { contact } = dialog.local;
  const headers = { 'Content-Type': 'application/sdp', ...(contact === undefined ? {} : { Contact: contact }) };
  return new Promise((resolve, reject) => {
    askInside(rim, line, dialog, { method: 'INVITE', headers, body }, (response) => (response === null ? reject(new ReinviteRefused(503)) : resolve(response)));
  });
}

/**
 * RFC 3261 §14.1: after a 491 who owns the Call-ID waits between 2.1 and 4 s, the other at most 2 s, in steps of 10 ms. Null = the refusal is final.
 */
function retryAfter(response: SipResponse, ours: boolean): number | null {
  if (response.status === 491) return (ours ? 210 + randomBelow(191) : randomBelow(201)) * SLOT_MS;
  return response.status === 500 && response.has('Retry-After') ? BUSY_RETRY_MS : null;
}
