/** Further rules of queues and agents, by section. Each is optional, and its type says what it means when it is absent. */

import type { ConsentNeed } from '../call/consent.ts';
import type { SupervisionMode } from '../call/event.ts';
import type { SurveyRule } from '../call/survey.ts';
import type { CallbackRules } from './callback/rules.ts';
import type { Blending, Capacities } from './channels/channel.ts';
import type { QueueDesk } from './desk-section.ts';
import type { Announcements } from './door/announcing.ts';
import type { DoorRules } from './door/rules.ts';
import type { AgentMatching, QueueMatching } from './matching/rules.ts';
import type { Offering } from './offering/offering.ts';
import type { Overflow } from './overflow/rules.ts';
import type { Widening } from './widening/rules.ts';

/** When its supervisors are called: any of these; the routing core does nothing of itself. */
export interface AlertBounds {
  waiting?: number;
  longestWaitMs?: number;
  serviceLevelPct?: number;
  /** Of those who were answered or lost on the day. */
  abandonedPct?: number;
  /** One of its agents has been not ready for so long. */
  notReadyMs?: number;
}

export interface QueueSections {
  /** When it is open and whom it lets in; absent = always, everybody the other rules let in. */
  door?: DoorRules;
  /** What who waits is told meanwhile; absent = nothing. */
  announcements?: Announcements;
  /** Which of the agents who may serve a call gets it, and which caller; absent = who has been idle longest, and who has waited longest. */
  matching?: QueueMatching;
  /** How its callers come to be served by more agents the longer they wait; absent = never. */
  widening?: Widening;
  /** Where its callers go when it is too full, too slow or deserted; absent = nowhere. */
  overflow?: Overflow;
  /** How its calls are offered, and what comes of offers that fail. */
  offering?: Offering;
  /** How its callers are called back; absent = they are not. */
  callback?: CallbackRules;
  /** What callers are asked after the talk; absent = nothing. */
  survey?: SurveyRule;
  /** What recording its talks needs of the customer: `announced`, that the dialplan told her · `given`, that she agreed there; absent = nothing. */
  recordingConsent?: ConsentNeed;
  /** What supervisors may do on its calls; absent = all of it. */
  supervision?: SupervisionMode[];
  /** When its supervisors' walls sound an alert; absent = never. */
  alerts?: AlertBounds;
  /** What an agent's desk shows and asks for with its calls; absent = the usual outcomes alone. */
  desk?: QueueDesk;
  /** Who was cut off and calls again within this time takes the old place; absent = nobody does. */
  redialMs?: number;
}

export interface AgentSections {
  /** The team and the site she belongs to; absent = none. */
  team?: string;
  site?: string;
  /** `forbidden`: nobody listens to her calls. */
  supervision?: 'forbidden';
  /** true: she may end a supervisor's "not ready" herself; absent = only a supervisor can. */
  liftsHold?: boolean;
  /** How she stands beside others; absent = like everybody. */
  matching?: AgentMatching;
  /** How much of each channel she takes at once; absent = one call. */
  channels?: Capacities;
  /** What she may be offered beside other work. */
  interruptibleBy?: Blending;
}
