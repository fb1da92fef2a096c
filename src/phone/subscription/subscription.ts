/**
 * One subscription (RFC 6665) of an agent's phone to an agent's dialogs or messages.
 *
 *   SUBSCRIBE ──202──▶ active ──SUBSCRIBE──▶ active ──┬── Expires: 0, or none came in time ──▶ NOTIFY terminated;reason=timeout
 *                         │                           ├── what it watches is gone, or we go ──▶ NOTIFY terminated;reason=noresource|deactivated
 *                         └── it changed ──▶ NOTIFY   └── a NOTIFY is answered with an error, or not at all ──▶ dropped
 *
 * One NOTIFY at a time is under way: what changes meanwhile is told in the next, so a slow phone is never behind by more than one.
 */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Rim } from '../rim.ts';
import type { SipDialog, SipRequest, SipResponse } from '../srf.ts';
import { dialogInfo, type WatchedDialog } from './dialog-info.ts';
import { type MessageCounts, messageSummary } from './message-summary.ts';
import { watchedDialogs } from './watched.ts';

export type Package = 'dialog' | 'message-summary';
export const contentTypes: Readonly<Record<Package, string>> = {
  dialog: 'application/dialog-info+xml',
  'message-summary': 'application/simple-message-summary',
};
export type TerminationReason = 'timeout' | 'noresource' | 'deactivated';

export interface SubscriptionTerms {
  event: Package;
  /** The Event header as it came, with its id. */
  eventHeader: string;
  /** Who subscribed, and to whom. */
  subscriber: AgentId;
  watched: AgentId;
  /** `sip:8002@host`: whom it is about. */
  entity: string;
  seconds: number;
}

export interface SubscriptionHouse {
  rim: Pick<Rim, 'clock' | 'legs' | 'calls' | 'publicAddress' | 'directory'>;
  messages: (agentId: AgentId) => MessageCounts;
  /** A refresh: how long now, or null when it was refused (and answered). */
  refreshed: (subscription: Subscription, req: SipRequest, res: SipResponse) => number | null;
  /** It is over. */
  forget: (subscription: Subscription) => void;
}

/** What of its SIP dialog a subscription needs. */
interface NotifiedDialog extends Pick<SipDialog, 'local' | 'request'> {
  on(event: 'subscribe', listener: (req: SipRequest, res: SipResponse) => void): unknown;
  on(event: 'unsubscribe' | 'destroy', listener: () => void): unknown;
}

export class Subscription {
  readonly terms: SubscriptionTerms;
  readonly #house: SubscriptionHouse;
  readonly #dialog: NotifiedDialog;
  #version = 0;
  #over = false;
  #underWay = false;
  #changed = false;
  #full = true;
  #until = 0;
  #stopTimer: () => void = () => undefined;
  /** Dialogs as they were told last, by id. */
  #told = new Map<string, string>();

  constructor(house: SubscriptionHouse, terms: SubscriptionTerms, dialog: NotifiedDialog) {
    this.#house = house;
    this.terms = terms;
    this.#dialog = dialog;
    dialog.on('subscribe', (req, res) => this.#refresh(req, res));
    dialog.on('unsubscribe', () => this.end('timeout'));
    dialog.on('destroy', () => this.drop());
    this.#last(terms.seconds);
    if (terms.seconds === 0) this.end('timeout');
    else this.changed();
  }

  get over(): boolean {
    return this.#over;
  }

  /** What it watches may have changed. */
  changed(): void {
    this.#changed = true;
    if (this.#over || this.#underWay) return;
    this.#changed = false;
    if (this.#house.rim.directory.agent(this.terms.watched) === null) {
      this.end('noresource');
      return;
    }
    const body = this.#body();
    if (body === null) return;
    const left = Math.max(0, Math.ceil((this.#until - this.#house.rim.clock.now()) / 1_000));
    this.#notify(`active;expires=${left}`, body);
  }

  end(reason: TerminationReason): void {
    if (this.#over) return;
    // RFC 6665 §4.4.3: a subscription that lasts no time at all is a question for the state as it is.
    this.#full = true;
    const body = reason === 'timeout' ? this.#body() : null;
    this.drop();
    this.#notify(`terminated;reason=${reason}`, body ?? '');
  }

  /** Without a word: nobody hears us there any more. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer();
    this.#house.forget(this);
  }

  #refresh(req: SipRequest, res: SipResponse): void {
    const seconds = this.#over ? null : this.#house.refreshed(this, req, res);
    if (seconds === null) {
      if (this.#over) res.send(481);
      return;
    }
    res.send(200, { headers: { Expires: String(seconds), ...(this.#dialog.local.contact === undefined ? {} : { Contact: this.#dialog.local.contact }) } });
    this.#last(seconds);
    // RFC 6665 §4.2.1.2: each SUBSCRIBE is followed by a NOTIFY of the whole state.
    this.#full = true;
    this.changed();
  }

  #last(seconds: number): void {
    const { clock } = this.#house.rim;
    this.#stopTimer();
    this.#until = clock.now() + seconds * 1_000;
    this.#stopTimer = clock.after(seconds * 1_000, () => this.end('timeout'));
  }

  /** null = nothing has changed since it was told last. */
  #body(): string | null {
    const { rim, messages } = this.#house;
    const { event, entity, watched } = this.terms;
    if (event === 'dialog') return this.#dialogs(watchedDialogs(rim, watched));
    const summary = messageSummary(entity, messages(watched));
    if (!this.#full && this.#told.get('summary') === summary) return null;
    this.#full = false;
    this.#told.set('summary', summary);
    return summary;
  }

  #dialogs(now: readonly WatchedDialog[]): string | null {
    const written = new Map(now.map((dialog) => [dialog.id, JSON.stringify(dialog)]));
    const changed = this.#full ? now : now.filter(({ id }) => this.#told.get(id) !== written.get(id));
    const gone = [...this.#told.keys()].filter((id) => !written.has(id));
    if (!this.#full && changed.length === 0 && gone.length === 0) return null;
    const body = dialogInfo(this.terms.entity, this.#version, this.#full ? 'full' : 'partial', changed, gone);
    this.#version += 1;
    this.#full = false;
    this.#told = written;
    return body;
  }

  #notify(state: string, body: string): void {
    const { event, eventHeader } = this.terms;
    this.#underWay = true;
    const headers = { Event: eventHeader, 'Subscription-State': state, ...(body === '' ? {} : { 'Content-Type': contentTypes[event] }) };
    this.#dialog.request({ method: 'NOTIFY', headers, ...(body === '' ? {} : { body }) }, (error, res) => {
      this.#underWay = false;
      // RFC 6665 §4.2.2: who does not answer, or knows of no such subscription, is notified no more.
      if (error !== null || res === undefined || res.status >= 300) this.drop();
      else if (this.#changed) this.changed();
    });
  }
}
