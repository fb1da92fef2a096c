/** One call: its facts, and a player of all that was recorded of it. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { label, ownName, shownNumber, shownTime, zoneName } from '../shared/labels.ts';
import { isMasked, Reveal, type Values } from '../shared/reveal.tsx';
import { useMay } from './allowed.tsx';
import { CallCourse } from './call-course.tsx';
import { Failure } from './failure.tsx';
import { FigureList } from './figure-list.tsx';
import { Player } from './player.tsx';
import { useQueueNames } from './queues.ts';
import { type CallRow, useRecordings } from './records.ts';
import { SupervisionTrail } from './supervision-trail.tsx';
import { Survey } from './survey.tsx';

export function CallDetail({ token, call }: { token: string; call: CallRow }) {
  const { t } = useTranslation();
  const may = useMay(token);
  const [values, setValues] = useState<Values>({});
  const { caller = call.caller, callee = call.callee, notes = call.notes } = values;
  const recordings = useRecordings(token, call.callId);
  const queueOf = useQueueNames(token);
  const facts: [string, string][] = [
    [t('calls.time'), shownTime(call.arrivedAt)],
    [t('calls.dialled'), shownNumber(callee, true)],
    [t('calls.queue'), queueOf(call.queueId)],
    [t('calls.agent'), call.agentId === null ? '—' : ownName(call.agentId)],
    [t('calls.talked'), asDuration(call.talkMs)],
    [t('calls.end'), label(t, 'cause', call.cause)],
    [t('wrapUp.disposition'), call.disposition === null ? '—' : label(t, 'disposition', call.disposition)],
  ];
  return (
    <section className="call-detail" aria-label={t('calls.detail')}>
      <div className="masked-line">
        <h2 className="figures">{caller === '' ? t('call.withheld') : shownNumber(caller, true)}</h2>
        {isMasked(caller, callee, notes) && may('personal.reveal') && <Reveal token={token} kind="call" id={call.callId} onShown={setValues} />}
      </div>
      <FigureList className="call-facts" figures={facts} />
      <Consent call={call} />
      <Survey token={token} call={call} />
      {notes !== null && <p className="call-notes">{notes}</p>}
      {recordings.error !== null && <Failure error={recordings.error} />}
      {recordings.data?.items.length === 0 && <p className="quiet">{t('player.none')}</p>}
      {recordings.data !== undefined && recordings.data.items.length > 0 && may('recording.play') && (
        <Player token={token} callId={call.callId} recordings={recordings.data.items} />
      )}
      {may('call.explain') && <CallCourse token={token} callId={call.callId} />}
      {may('supervision.read') && <SupervisionTrail token={token} callId={call.callId} />}
      <p className="quiet small">{t('pop.zone', { zone: zoneName() })}</p>
    </section>
  );
}

/** Why there is a recording, or none: what she was told, or answered, how and when. */
function Consent({ call: { consent } }: { call: CallRow }) {
  const { t } = useTranslation();
  if (consent === null) return null;
  return (
    <p className="call-consent">
      <strong>{t('recordingConsent.title')}</strong> {t(`recordingConsent.${consent.state}`)}
      <span className="quiet">
        {' '}
        · {t(`consentHow.${consent.how}`)} · {shownTime(consent.at)}
      </span>
    </p>
  );
}
