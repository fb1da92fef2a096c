/** No call: says what will happen next, or what to do so that it does. */
import { useTranslation } from 'react-i18next';
import type { AgentStateData } from '../../src/cti/protocol.ts';
import { useDesk } from './desk-context.ts';
import { OwnFigures } from './own-figures.tsx';

type Advice = 'signed_in' | 'own' | 'no_answer' | 'rejected' | 'phone' | 'busy' | 'client_lost' | 'restart' | 'supervisor' | 'own_call';
type Reason = AgentStateData['reasons'][number];

const adviceFor: Record<Reason, Advice> = {
  signed_in: 'signed_in',
  break: 'own',
  meal: 'own',
  training: 'own',
  meeting: 'own',
  other: 'own',
  no_answer: 'no_answer',
  rejected: 'rejected',
  busy: 'busy',
  unreachable: 'phone',
  phone_lost: 'phone',
  client_lost: 'client_lost',
  restart: 'restart',
  supervisor: 'supervisor',
  own_call: 'own_call',
};
/** Of several reasons the one that needs a hand speaks first. */
const order: readonly Advice[] = ['phone', 'own_call', 'busy', 'supervisor', 'no_answer', 'rejected', 'client_lost', 'restart', 'own', 'signed_in'];

function adviceOf(reasons: readonly Reason[]): Advice {
  const all = reasons.map((reason) => adviceFor[reason]);
  return order.find((advice) => all.includes(advice)) ?? 'own';
}

export function EmptyDesk() {
  const { t } = useTranslation();
  const { agent } = useDesk();
  const [title, text] = ((): [string, string] => {
    if (agent.state === 'signed_out') return [t('empty.signedOutTitle'), t('empty.signedOutText')];
    if (agent.state !== 'not_ready') return [t('empty.readyTitle'), t('empty.readyText')];
    if (agent.pausedUntil !== null) return [t('empty.notReadyTitle'), t('empty.paused')];
    return [t('empty.notReadyTitle'), t(`empty.${adviceOf(agent.reasons)}`, { number: agent.number })];
  })();
  return (
    <div className={`empty is-${agent.state}`}>
      <h2>{title}</h2>
      <p>{text}</p>
      <OwnFigures />
    </div>
  );
}
