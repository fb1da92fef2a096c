import { Button, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall, Pop } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { label, languageNow, ownName, shownSummary, shownTime, trail } from '../shared/labels.ts';
import { callerNumber, queueName, whoCalls } from './call-bar.tsx';
import { useDesk } from './desk-context.ts';
import { TelLink } from './dialling/tel-link.tsx';
import { useNow } from './timer.tsx';

export function Card({ name, title, extra, children }: { name: string; title: string; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className={`card card-${name}`} aria-labelledby={`card-${name}`}>
      <div className="card-top">
        <h2 id={`card-${name}`}>{title}</h2>
        {extra}
      </div>
      {children}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function WhoCard({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  const { customer } = pop;
  const [whole, setWhole] = useState(false);
  const eye = whole ? t('pop.hideNumber') : t('pop.showNumber');
  return (
    <Card name="who" title={t(pop.outbound === undefined ? 'pop.who' : 'dial.who')}>
      <p className="who-name">
        {whoCalls(t, pop)}
        {pop.tier !== null && <Tag className={`tier tier-${pop.tier}`}>{label(t, 'tier', pop.tier)}</Tag>}
      </p>
      {customer === null && <p className="quiet">{t('pop.newCaller')}</p>}
      <dl className="facts">
        <Fact name={t('pop.number')}>
          {whole ? <TelLink number={pop.caller.number}>{callerNumber(t, pop, true)}</TelLink> : <span className="figures">{callerNumber(t, pop, false)}</span>}
          {pop.caller.number !== '' && (
            <Button
              type="text"
              size="small"
              aria-label={eye}
              title={eye}
              aria-pressed={whole}
              icon={<Icon name="eye" size={16} />}
              onClick={() => setWhole(!whole)}
            />
          )}
        </Fact>
        <Fact name={t('pop.auth')}>
          <span className={`auth auth-${pop.authLevel}`}>{t(`auth.${pop.authLevel}`)}</span>
        </Fact>
        <Fact name={t('pop.language')}>{t(`spoken.${pop.language}`)}</Fact>
        {customer?.region !== undefined && <Fact name={t('pop.home')}>{customer.region}</Fact>}
        {customer?.marketingConsent === 'given' && <Fact name={t('pop.consent')}>{t('pop.consentGiven')}</Fact>}
        {customer?.age !== undefined && <Fact name={t('pop.age')}>{t('pop.ageYears', { age: customer.age })}</Fact>}
      </dl>
    </Card>
  );
}

/** Recording begins with the talk: while it rings it has not begun, afterwards it is over. */
const recording = ({ pop, phase }: DeskCall) => {
  if (pop.unrecorded !== undefined) return `pop.unrecorded.${pop.unrecorded}` as const;
  if (!pop.recorded) return 'pop.notRecorded';
  if (phase === 'offered' || phase === 'calling') return 'pop.willRecord';
  if (phase === 'cleared') return 'pop.wasRecorded';
  return pop.recordingPausedUntil === null ? 'pop.recorded' : 'pop.recordingPaused';
};

/** From the first ring at the hotline to her answer: what the caller feels as waiting, menus included. */
function Waited({ call }: { call: DeskCall }) {
  const now = useNow();
  const until = call.establishedAt === null ? now : Date.parse(call.establishedAt);
  return <span className="figures">{asDuration(until - Date.parse(call.pop.arrivedAt))}</span>;
}

/** Queues that were too full, too slow or deserted for it. One she serves herself has not overflowed for her. */
function Overflowed({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const from = (pop.overflow ?? []).filter(({ alsoWaits, queue }) => !alsoWaits || !desk.queues.some(({ queueId }) => queueId === queue.queueId));
  if (from.length === 0) return null;
  return (
    <Fact name={t('pop.overflow')}>
      {from.map(({ queue, step, at, alsoWaits }) => (
        <strong key={`${queue.queueId} ${step}`} className="overflowed">
          {t(alsoWaits ? 'pop.overflowAlso' : 'pop.overflowFrom', { queue: queue.name[languageNow()], time: shownTime(at) })}
        </strong>
      ))}
    </Fact>
  );
}

export function WhyCard({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const { pop } = call;
  const recorded = recording(call);
  const steps = trail(t, pop.ivrPath);
  return (
    <Card name="why" title={t('pop.why')}>
      <p className="why-queue">{queueName(t, pop)}</p>
      <dl className="facts">
        <Fact name={t('pop.path')}>
          {steps.length === 0 ? (
            <span className="quiet">{t('pop.noPath')}</span>
          ) : (
            <ol className="trail">
              {steps.map((step, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a path may pass the same step twice; its place is its name
                <li key={at}>{step}</li>
              ))}
            </ol>
          )}
        </Fact>
        {pop.callback !== undefined && (
          <Fact name={t('pop.callback')}>
            <strong>{t(pop.callback.first === 'agent' ? 'pop.callbackYouFirst' : 'pop.callbackTheyFirst', { time: shownTime(pop.callback.askedAt) })}</strong>
          </Fact>
        )}
        <Overflowed pop={pop} />
        {pop.outbound === undefined && (
          <Fact name={t('pop.dialled')}>
            <span className="figures">{pop.callee.number}</span>
          </Fact>
        )}
        <Fact name={t('pop.waited')}>
          <Waited call={call} />
        </Fact>
        <Fact name={t('pop.arrived')}>
          <span className="figures">{shownTime(pop.arrivedAt)}</span>
          <span className={`recorded ${recorded === 'pop.recorded' ? 'is-on' : ''} ${pop.unrecorded === undefined ? '' : 'is-not-allowed'}`}>
            {t(recorded)}
          </span>
        </Fact>
      </dl>
    </Card>
  );
}

export function TicketsCard({ tickets }: { tickets: Pop['openTickets'] }) {
  const { t } = useTranslation();
  return (
    <Card name="tickets" title={t('pop.tickets')} extra={tickets.length > 0 && <span className="count figures">{tickets.length}</span>}>
      {tickets.length === 0 ? (
        <p className="quiet">{t('pop.noTickets')}</p>
      ) : (
        <ul className="rows">
          {tickets.map((ticket) => (
            <li key={ticket.ticketId}>
              <strong>{ticket.title}</strong>
              <span className="quiet figures">
                {label(t, 'ticketStatus', ticket.status)} · {ticket.ticketId} · {shownTime(ticket.openedAt)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

export function ContactsCard({ contacts }: { contacts: Pop['recentContacts'] }) {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const queueOf = (id: string | null) =>
    id === null ? null : (desk.queues.find((queue) => queue.queueId === id)?.name[languageNow()] ?? label(t, 'step', ownName(id)));
  return (
    <Card name="contacts" title={t('pop.contacts')}>
      {contacts.length === 0 ? (
        <p className="quiet">{t('pop.noContacts')}</p>
      ) : (
        <ul className="rows">
          {contacts.map((contact) => (
            <li key={contact.callId}>
              <span>
                {contact.channel !== undefined && <Tag className="contact-channel">{label(t, 'channel', contact.channel)}</Tag>}
                {shownSummary(t, contact.summary)}
              </span>
              <span className="quiet figures">
                {[shownTime(contact.at), queueOf(contact.queue), contact.agent === null ? null : ownName(contact.agent)]
                  .filter((part) => part !== null)
                  .join(' · ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
