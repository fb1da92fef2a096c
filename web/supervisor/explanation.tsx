/** Why a call waits, or why it went to this agent; why an agent has no call. */
import { Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { label, shownTime } from '../shared/labels.ts';
import { Failure } from './failure.tsx';
import {
  type CallExplanation,
  type LiveCall,
  type OfferExplanation,
  type OverflowStep,
  useAgentExplanation,
  useCallExplanation,
  useOfferExplanation,
} from './floor.ts';
import { useQueueNames } from './queues.ts';
import { changeSentence, conditionSentence, type NameOf, obstacleSentence, overflowTarget, wideningSentence } from './sentences.ts';

const since = (from: string | null, at: string): string => (from === null ? '—' : asDuration(Date.parse(at) - Date.parse(from)));

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="why-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

export function WhyCall({ token, call, nameOf }: { token: string; call: LiveCall; nameOf: NameOf }) {
  const { t } = useTranslation();
  const explanation = useCallExplanation(token, call.callId);
  const offerId = call.legs.findLast((leg) => leg.offerId !== null && leg.state !== 'ended')?.offerId ?? null;
  const offer = useOfferExplanation(token, offerId);
  const queueOf = useQueueNames(token);
  const told = explanation.data;
  return (
    <div className="why" aria-live="polite">
      {explanation.error !== null && <Failure error={explanation.error} />}
      {told !== undefined && <WhereItStands told={told} queueOf={queueOf} nameOf={nameOf} />}
      {told !== undefined && told.overflow !== null && <WhereItOverflows told={told} overflow={told.overflow} queueOf={queueOf} />}
      {told !== undefined && told.state === 'waiting' && <WhatWouldHelp told={told} nameOf={nameOf} />}
      {told !== undefined && told.state !== 'not_waiting' && <WhoIsAhead told={told} />}
      {told !== undefined && told.state === 'waiting' && <WhoDoesNotGetIt told={told} />}
      {offer.data !== undefined && <WhyHer offer={offer.data} nameOf={nameOf} />}
      {told !== undefined && <p className="quiet small">{t('explain.asOf', { time: shownTime(told.at) })}</p>}
    </div>
  );
}

function WhereItStands({ told, queueOf, nameOf }: { told: CallExplanation; queueOf(queueId: string | null): string; nameOf: NameOf }) {
  const { t } = useTranslation();
  const { state, place, queueId, queuedAt, placedAt, at, leaveAt, needs, priority, widening, steps, awaited } = told;
  return (
    <>
      <p className="why-answer">{t(`callStands.${state}`, { place: place ?? '', queue: queueOf(queueId), time: since(queuedAt, at) })}</p>
      <p>
        {needs.map(({ skill, level }) => (
          <Tag key={skill}>{t('explain.need', { skill, level })}</Tag>
        ))}
        {priority !== 0 && <Tag>{t('explain.priority', { priority })}</Tag>}
      </p>
      {placedAt !== null && queuedAt !== null && placedAt !== queuedAt && <p className="quiet">{t('explain.placeKept', { time: since(placedAt, at) })}</p>}
      {leaveAt !== null && state === 'waiting' && <p className="quiet">{t('explain.leaves', { time: since(at, leaveAt) })}</p>}
      {awaited !== null && <p className="quiet">{t('explain.awaited', { agent: nameOf(awaited.agentId), time: since(at, awaited.until) })}</p>}
      {steps > 0 && <p className="quiet">{t('explain.steps', { count: steps })}</p>}
      {widening !== null && (
        <p className="quiet">
          {widening.change === null
            ? t('explain.wideningAnybody', { time: since(at, widening.at) })
            : t('explain.widening', {
                time: since(at, widening.at),
                step: widening.step,
                what: wideningSentence(t, widening.change, inTenant(queueId, queueOf)),
              })}
        </p>
      )}
    </>
  );
}

/** A queue by its own name stands beside the one that is looked at. */
const inTenant =
  (queueId: string | null, queueOf: (queueId: string) => string) =>
  (name: string): string =>
    queueOf(`${queueId?.slice(0, queueId.indexOf(':')) ?? ''}:${name}`);

interface Overflowing {
  told: CallExplanation;
  overflow: NonNullable<CallExplanation['overflow']>;
  queueOf(queueId: string): string;
}

/** From where it overflowed, and what is still missing for it to go on. */
function WhereItOverflows({ told, overflow, queueOf }: Overflowing) {
  const { t } = useTranslation();
  const { taken, also, lookAt, steps } = overflow;
  const came = taken.filter(({ stays }) => !stays);
  if (came.length + also.length + steps.length === 0) return null;
  return (
    <Part title={t('explain.overflow')}>
      {came.map(({ queueId, step, at }) => (
        <p key={`${queueId} ${step}`}>{t('explain.overflowCame', { queue: queueOf(queueId), step, time: since(at, told.at) })}</p>
      ))}
      {also.map((queueId) => (
        <p key={queueId}>{t('explain.overflowAlso', { queue: queueOf(queueId) })}</p>
      ))}
      {steps.map((step) => (
        <OverflowStepLeft key={step.step} step={step} queueOf={queueOf} />
      ))}
      {lookAt !== null && <p className="quiet small">{t('explain.overflowLook', { time: since(told.at, lookAt) })}</p>}
    </Part>
  );
}

function OverflowStepLeft({ step, queueOf }: { step: OverflowStep; queueOf(queueId: string): string }) {
  const { t } = useTranslation();
  return (
    <div className="why-step">
      {t('explain.overflowStep', { step: step.step, to: overflowTarget(t, step, queueOf) })}
      {step.hindrance !== null && <Tag>{t(`overflowHindrance.${step.hindrance}`)}</Tag>}
      <ul className="why-list">
        {step.conditions.map((condition) => (
          <li key={condition.what} className={condition.holds ? '' : 'quiet'}>
            {conditionSentence(t, condition)} · {t(condition.holds ? 'explain.conditionHolds' : 'explain.conditionMissing')}
          </li>
        ))}
      </ul>
    </div>
  );
}

function WhatWouldHelp({ told, nameOf }: { told: CallExplanation; nameOf: NameOf }) {
  const { t } = useTranslation();
  return (
    <Part title={t('explain.helps')}>
      {told.changes.length === 0 && <p className="quiet">{t('explain.nothingHelps')}</p>}
      <ul className="why-list">
        {told.changes.map((change) => (
          <li key={change.kind}>{changeSentence(t, change, nameOf)}</li>
        ))}
      </ul>
    </Part>
  );
}

function WhoIsAhead({ told }: { told: CallExplanation }) {
  const { t } = useTranslation();
  return (
    <Part title={t('explain.ahead')}>
      {told.before.length === 0 && <p className="quiet">{t('explain.nobodyAhead')}</p>}
      <ul className="why-list">
        {told.before.map(({ why, calls }) => (
          <li key={why}>{t(`precedence.${why}`, { count: calls })}</li>
        ))}
      </ul>
    </Part>
  );
}

function WhoDoesNotGetIt({ told }: { told: CallExplanation }) {
  const { t } = useTranslation();
  return (
    <Part title={t('explain.agents', { count: told.eligible })}>
      <table className="why-table">
        <tbody>
          {told.excluded.map(({ agents, ...obstacle }) => (
            <tr key={JSON.stringify(obstacle)}>
              <td className="figures">{agents}</td>
              <td>{obstacleSentence(t, obstacle)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

export function WhyHer({ offer, nameOf }: { offer: OfferExplanation; nameOf: NameOf }) {
  const { t } = useTranslation();
  const { choice, agentId, offeredAt } = offer;
  const agent = nameOf(agentId);
  return (
    <Part title={t('explain.whyHer', { agent })}>
      {choice === null ? (
        <p>{t('explain.direct', { agent })}</p>
      ) : (
        <ul className="why-list">
          <li>{choice.runnerUp === null ? t('explain.onlyIdle', { agent }) : t('explain.idleOf', { agent, count: choice.idle })}</li>
          {choice.by.map((name, at) => (
            <li key={name}>
              {label(t, 'comparator', name)}: {shownKey(name, choice.keys[at], offeredAt)}
              {choice.runnerUp !== null &&
                ` · ${t('explain.runnerUp', { agent: nameOf(choice.runnerUp.agentId), key: shownKey(name, choice.runnerUp.keys[at], offeredAt) })}`}
            </li>
          ))}
          {choice.nextCaller !== null && (
            <li>
              {t(choice.nextCaller.priority === choice.caller.priority ? 'explain.nextByPlace' : 'explain.nextByPriority', {
                time: since(choice.nextCaller.placedAt, offeredAt),
              })}
            </li>
          )}
        </ul>
      )}
    </Part>
  );
}

const TIMES: ReadonlySet<string> = new Set(['longest_idle', 'longest_ready']);

/** Keys that are times are shown as how long ago they were when she was chosen. */
const shownKey = (name: string, key: number | undefined, at: string): string =>
  key === undefined ? '—' : TIMES.has(name) ? asDuration(Date.parse(at) - key) : String(key);

export function WhyAgent({ token, agentId }: { token: string; agentId: string }) {
  const { t } = useTranslation();
  const explanation = useAgentExplanation(token, agentId);
  const queueOf = useQueueNames(token);
  const told = explanation.data;
  if (explanation.error !== null) return <Failure error={explanation.error} />;
  if (told === undefined) return null;
  return (
    <div className="why" aria-live="polite">
      <p className="why-answer">{t(`whyNoCall.${told.why}`, { time: since(told.since, told.at) })}</p>
      <p>
        {told.reasons.map((reason) => (
          <Tag key={reason}>{label(t, 'reason', reason)}</Tag>
        ))}
      </p>
      {!told.phoneReachable && <p className="quiet">{t('explain.noPhone')}</p>}
      {told.queues.map(({ queueId, waiting, servable, idleBefore, longest }) => (
        <Part key={queueId} title={queueOf(queueId)}>
          <p>{t('explain.waitingFor', { waiting, servable })}</p>
          {idleBefore !== null && <p className="quiet">{t('explain.idleBefore', { count: idleBefore })}</p>}
          {longest !== null && (
            <p>
              {longest.obstacle === null
                ? t('explain.longestHers', { time: since(longest.queuedAt, told.at) })
                : t('explain.longest', { time: since(longest.queuedAt, told.at), why: obstacleSentence(t, longest.obstacle) })}
            </p>
          )}
        </Part>
      ))}
      {told.queues.length === 0 && <p className="quiet">{t('explain.noQueues')}</p>}
      <p className="quiet small">{t('explain.asOf', { time: shownTime(told.at) })}</p>
    </div>
  );
}
