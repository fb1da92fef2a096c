/** What happens to interactions of other channels than voice. */
import type { AgentId, OfferId, QueueId, TenantId, UserId } from '../../../kernel/ids.ts';
import type { OfferEnd, QueueExit } from '../../call/event.ts';
import type { Channel } from './channel.ts';
import type { Asked, InteractionId } from './interaction.ts';

/** `done`: by its agent · `closed`: by the operator's system · else how it left its queue unserved. */
export type InteractionEnd = 'done' | 'closed' | Exclude<QueueExit, 'answered' | 'ended' | 'transferred'>;

export type InteractionEvent =
  // -- from the API
  | ({ type: 'interactionAsked'; interactionId: InteractionId; tenantId: TenantId; channel: Channel } & Asked)
  /** It is to be served anew, in its place: in this queue. */
  | { type: 'interactionRequeued'; interactionId: InteractionId; queueId: QueueId; by: UserId }
  /** The operator's system: nobody is to serve it any more. */
  | { type: 'interactionClosed'; interactionId: InteractionId; by: UserId }
  // -- from desks
  | { type: 'interactionAccepted'; interactionId: InteractionId; agentId: AgentId }
  /** `reason`, here and below: why she declined, by a name of the operator's own. */
  | { type: 'interactionDeclined'; interactionId: InteractionId; agentId: AgentId; reason?: string | null }
  /** She has served it. */
  | { type: 'interactionDone'; interactionId: InteractionId; agentId: AgentId; disposition: string | null }
  /** A disposition takes the place of the one she gave before. */
  | { type: 'interactionWrapUpEnded'; interactionId: InteractionId; agentId: AgentId; disposition?: string | null }
  // -- established by the acd itself
  /** It waits: for the first time, or to be served anew. */
  | { type: 'interactionQueued'; interactionId: InteractionId; channel: Channel; queueId: QueueId }
  | { type: 'interactionOffered'; interactionId: InteractionId; channel: Channel; queueId: QueueId; offerId: OfferId; agentId: AgentId; until: number }
  | { type: 'interactionOfferEnded'; interactionId: InteractionId; queueId: QueueId; offerId: OfferId; agentId: AgentId; end: OfferEnd; reason?: string }
  | { type: 'interactionLeftQueue'; interactionId: InteractionId; queueId: QueueId; exit: QueueExit }
  | { type: 'interactionAssigned'; interactionId: InteractionId; queueId: QueueId; agentId: AgentId }
  /** She has it no more, and it is served anew. */
  | { type: 'interactionGivenBack'; interactionId: InteractionId; agentId: AgentId; why: 'desk_lost' | 'signed_out' | 'requeued' }
  | { type: 'interactionWrapUpBegan'; interactionId: InteractionId; agentId: AgentId; until: number }
  /** Once for each. */
  | {
      type: 'interactionEnded';
      interactionId: InteractionId;
      channel: Channel;
      queueId: QueueId;
      agentId: AgentId | null;
      end: InteractionEnd;
      /** Absent = she gave none. */
      disposition?: string;
    };
