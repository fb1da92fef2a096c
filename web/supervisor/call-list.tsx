import { type KeyboardEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { label, ownName, shownNumber, shownTime } from '../shared/labels.ts';
import type { CallRow } from './records.ts';

interface Props {
  calls: readonly CallRow[];
  chosen: string | null;
  onChoose(callId: string): void;
  loaded: boolean;
  filtered: boolean;
}

/** One tab stop; arrows go from call to call, and the one that has the focus is shown. */
export function CallList({ calls, chosen, onChoose, loaded, filtered }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  if (loaded && calls.length === 0) return <p className="calls-empty quiet">{filtered ? t('calls.noneFound') : t('calls.none')}</p>;
  const at = calls.findIndex(({ callId }) => callId === chosen);
  const go = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const to = step !== undefined ? at + step : event.key === 'Home' ? 0 : event.key === 'End' ? calls.length - 1 : null;
    const call = to === null ? undefined : calls[Math.max(0, Math.min(calls.length - 1, to))];
    if (call === undefined) return;
    event.preventDefault();
    onChoose(call.callId);
    list.current?.querySelector<HTMLElement>(`[data-call="${CSS.escape(call.callId)}"]`)?.focus();
  };
  return (
    <ul className="calls-rows" ref={list} onKeyDown={go}>
      {calls.map((call, index) => (
        <li key={call.callId}>
          <button
            type="button"
            className="calls-row"
            data-call={call.callId}
            aria-pressed={call.callId === chosen}
            tabIndex={index === Math.max(0, at) ? 0 : -1}
            onClick={() => onChoose(call.callId)}
          >
            <Row call={call} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Row({ call }: { call: CallRow }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="figures">{shownTime(call.arrivedAt)}</span>
      <strong className="figures">{call.caller === '' ? t('call.withheld') : shownNumber(call.caller, false)}</strong>
      <span className="calls-agent figures">{call.agentId === null ? '—' : ownName(call.agentId)}</span>
      <span className="figures calls-talk">{asDuration(call.talkMs)}</span>
      <span className="quiet calls-cause">{label(t, 'cause', call.cause)}</span>
      <span className={`calls-recorded is-${call.recording}`}>{t(`recordingState.${call.recording}`)}</span>
    </>
  );
}
