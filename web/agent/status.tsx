/** Where she stands, since when and why; and the one thing she may change about it. */
import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentStateData } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { label } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { type OwnReason, ownReasons } from './own-reasons.ts';
import { useShortcut } from './shortcuts.ts';
import { Since, useNow } from './timer.tsx';

export function Status() {
  const { t } = useTranslation();
  const { agent } = useDesk();
  const reasons = agent.reasons.map((reason) => label(t, 'reason', reason)).join(', ');
  const held = heldBy(t, agent.heldBy);
  const onCall = agent.state !== 'not_ready' && agent.state !== 'ready' && reasons !== '';
  return (
    <section className="status" aria-label={t('status.label')}>
      <div className={`state is-${agent.state}`} data-state={agent.state}>
        <span className="dot" aria-hidden="true" />
        <strong>{t(`activity.${agent.activity}`)}</strong>
        {agent.state === 'not_ready' && reasons !== '' && <span className="state-reason">{reasons}</span>}
        <Since at={agent.since} />
        {agent.pausedUntil !== null && <BackIn at={agent.pausedUntil} />}
        {onCall && <span className="state-reason">{t('status.afterCall', { reason: reasons })}</span>}
        {held !== null && <span className="state-reason">{held}</span>}
        {agent.afterwards === 'signed_out' && <span className="state-reason">{t('status.signedOutAfterCall')}</span>}
      </div>
      <StatusSwitch />
      <span className="unseen" role="status">
        {t(`activity.${agent.activity}`)} {reasons} {held}
      </span>
    </section>
  );
}

/** Who has set her not ready, and why. */
function heldBy(t: TFunction, holder: AgentStateData['heldBy']): string | null {
  if (holder === undefined) return null;
  const name = holder.name ?? t('reason.supervisor');
  return holder.note === null ? t('status.heldBy', { name }) : t('status.heldByFor', { name, note: holder.note });
}

/** An offer failed, and the queue has her ready again by herself. */
function BackIn({ at }: { at: string }) {
  const { t } = useTranslation();
  const now = useNow();
  return <span className="state-reason">{t('status.backIn', { time: asDuration(Date.parse(at) - now) })}</span>;
}

function StatusSwitch() {
  const { t } = useTranslation();
  const { agent, online, can, act, view } = useDesk();
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const choose = (reason: OwnReason) => {
    close();
    void act('notReady', { reason });
  };
  // In wrap-up `ready` would throw the outcome away: Done is the way to be ready there.
  const wantsReady = agent.reasons.length > 0 && agent.state !== 'wrapping_up' && can('ready');
  const busy = view.waiting.includes('ready') || view.waiting.includes('notReady');
  const goReady = () => void (busy || act('ready', {}));
  useShortcut('F2', !online ? null : wantsReady ? goReady : can('notReady') ? () => setOpen(!open) : null);
  if (wantsReady) {
    return (
      <Button type={agent.state === 'not_ready' ? 'primary' : 'default'} disabled={!online} loading={waitingFor(busy)} onClick={goReady}>
        {t('status.goReady')} <kbd>F2</kbd>
      </Button>
    );
  }
  if (!can('notReady')) return null;
  return (
    <div className="menu-holder">
      <Button ref={opener} aria-haspopup="menu" aria-expanded={open} disabled={!online} loading={waitingFor(busy)} onClick={() => setOpen(!open)}>
        {t('status.goNotReady')} <kbd>F2</kbd>
        <Icon name="chevron" size={14} />
      </Button>
      {open && <ReasonMenu onChoose={choose} onClose={close} />}
    </div>
  );
}

function ReasonMenu({ onChoose, onClose }: { onChoose(reason: OwnReason): void; onClose(): void }) {
  const { t } = useTranslation();
  const menu = useRef<HTMLDivElement>(null);
  const items = () => [...(menu.current?.querySelectorAll('button') ?? [])];
  useEffect(() => {
    menu.current?.querySelector('button')?.focus();
    const outside = (event: PointerEvent) => event.target instanceof Node && !menu.current?.parentElement?.contains(event.target) && onClose();
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  });
  const move = (event: KeyboardEvent) => {
    if (event.key === 'Escape' || event.key === 'Tab') return onClose();
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    all[(at + step + all.length) % all.length]?.focus();
  };
  return (
    <div className="menu" role="menu" aria-label={t('status.chooseReason')} ref={menu} onKeyDown={move}>
      {ownReasons.map((reason) => (
        <button key={reason} type="button" role="menuitem" onClick={() => onChoose(reason)}>
          {t(`reason.${reason}`)}
        </button>
      ))}
    </div>
  );
}
