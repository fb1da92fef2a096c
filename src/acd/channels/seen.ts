/** Interactions as others may see them. */
import type { AgentId, CallId, TenantId } from '../../../kernel/ids.ts';
import type { Floor } from '../floor.ts';
import type { AcdView, InteractionView } from '../view.ts';
import { isWritten, type Over, type Written } from './interaction.ts';
import { externalKey } from './left.ts';

const MOST_SHOWN = 1_000;

export function watchInteractions(floor: () => Floor): Pick<AcdView, 'interactions' | 'interactionsOf' | 'interaction' | 'interactionNamed'> {
  const one = (interactionId: CallId): InteractionView | undefined => {
    const live = floor().written.get(interactionId);
    if (live !== undefined) return viewOf(live);
    const over = floor().over.get(interactionId);
    return over === undefined ? undefined : viewOfOver(over);
  };
  return {
    interactions(tenantId: TenantId) {
      const shown: InteractionView[] = [];
      for (const call of floor().written.values()) {
        if (call.tenantId !== tenantId) continue;
        if (shown.length === MOST_SHOWN) break;
        shown.push(viewOf(call));
      }
      return shown;
    },
    interactionsOf(agentId: AgentId) {
      const others = floor().agents.get(agentId)?.others ?? null;
      if (others === null) return [];
      const hers = others.offered === null ? [...others.running] : [others.offered, ...others.running];
      return hers
        .filter(isWritten)
        .map(viewOf)
        .sort((a, b) => (a.interactionId < b.interactionId ? -1 : 1));
    },
    interaction: one,
    interactionNamed(tenantId, externalId) {
      const interactionId = floor().externalIds.get(externalKey(tenantId, externalId));
      return interactionId === undefined ? undefined : one(interactionId);
    },
  };
}

function viewOf({ callId: interactionId, tenantId, interaction }: Written): InteractionView {
  const { channel, queueId, externalId, from, data, priority, askedAt, since, life } = interaction;
  return {
    ...{ interactionId, tenantId, channel, queueId, externalId, from, data: { ...data }, priority, askedAt, since },
    state: life.state,
    agentId: life.state === 'waiting' ? null : life.agentId,
    until: 'until' in life ? life.until : null,
    offerId: life.state === 'offered' ? life.offerId : null,
    end: null,
    disposition: interaction.disposition ?? null,
  };
}

const viewOfOver = ({ endedAt, disposition, ...over }: Over): InteractionView => ({
  ...over,
  ...{ from: '', data: {}, priority: 0, state: 'ended', until: null, offerId: null, since: endedAt, disposition: disposition ?? null },
});
