/** What desks do that is not an agent's or a call's own event, and what is sent to them. */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import type { AskedFor, PartyTarget } from '../call/event.ts';
import type { MessageSent } from './floor/message.ts';
import type { ServerMessage } from './protocol.ts';

export type CtiEvent =
  | MessageSent
  | { type: 'deskAnswered'; agentId: AgentId; callId: CallId }
  | { type: 'deskRejected'; agentId: AgentId; callId: CallId }
  | { type: 'deskHungUp'; agentId: AgentId; callId: CallId }
  /** She ends the talk, and the caller is asked how it was. */
  | { type: 'deskSentToSurvey'; agentId: AgentId; callId: CallId }
  | { type: 'deskHeld'; agentId: AgentId; callId: CallId }
  | { type: 'deskRetrieved'; agentId: AgentId; callId: CallId }
  | { type: 'deskPausedRecording'; agentId: AgentId; callId: CallId }
  | { type: 'deskResumedRecording'; agentId: AgentId; callId: CallId }
  /** The customer is to key in a field of a form, unheard; `fields` are all there are. */
  | { type: 'deskCaptureAsked'; agentId: AgentId; callId: CallId; form: string; field: string; fields: string[]; least: number; most: number }
  | { type: 'deskCaptureCancelled'; agentId: AgentId; callId: CallId }
  /** Somebody is to be asked in: alone with her, or to all. */
  | { type: 'deskPartyAsked'; agentId: AgentId; callId: CallId; how: AskedFor; target: PartyTarget }
  /** What becomes of whom she consults. */
  | { type: 'deskConsulted'; agentId: AgentId; callId: CallId; what: 'complete' | 'cancel' | 'toggle' | 'conference' }
  /** Nobody is to hear her, or they are again. */
  | { type: 'deskMuted'; agentId: AgentId; callId: CallId; muted: boolean }
  /** Keys for whom she talks with; which ones is nobody's business. */
  | { type: 'deskPressed'; agentId: AgentId; callId: CallId; count: number }
  | { type: 'deskPartyDropped'; agentId: AgentId; callId: CallId; legId: LegId };

/** A message that takes a number of its own in the agent's feed; number and time are put on by the feed (`cti/feed.ts`). */
type Bare<M> = M extends { type: infer T; data: infer D } ? { type: T; data: D } : never;
export type DeskNews = Bare<Exclude<ServerMessage, { type: 'welcome' | 'snapshot' | 'error' | 'reply' } | { topic: 'floor' }>>;

/** News for one agent's desk, whether it is connected now or comes back for what it missed. */
export type CtiCommand = { type: 'tellDesk'; agentId: AgentId; message: DeskNews };
