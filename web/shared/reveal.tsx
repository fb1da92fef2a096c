/** The eye beside what is masked: asks why, and has the server show it, which keeps who saw it and why. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, post } from './api.ts';
import { Icon } from './icon.tsx';
import { useSubmission } from './submission.ts';

const SHORTEST_REASON = 3;
const LONGEST_REASON = 200;

/** By where it stands in the thing: `caller`, `data.account`. */
export type Values = Readonly<Record<string, string>>;

export interface Revealable {
  kind: 'call' | 'customer' | 'callback' | 'interaction';
  id: string;
}

/** As the server masks numbers, names and texts. */
export const isMasked = (...texts: (string | null)[]): boolean => texts.some((text) => text !== null && /\*\*$|\*{4}/.test(text));

/** So many digits are one person's number: asked for by who sees masks, it is in the audit trail. */
export const isWholeNumber = (typed: string): boolean => typed.replaceAll(/\D/g, '').length >= 7;
/** The last four digits of a number. */
export const isEnding = (typed: string): boolean => /^\d{4}$/.test(typed);

interface Props extends Revealable {
  token: string;
  onShown(values: Values): void;
}

export function Reveal({ token, kind, id, onShown }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <Button
        type="text"
        size="small"
        className="reveal-eye"
        icon={<Icon name="eye" />}
        aria-label={t('reveal.show')}
        title={t('reveal.show')}
        onClick={() => setAsking(true)}
      />
    );
  return <Asking {...{ token, kind, id, onShown }} onClose={() => setAsking(false)} />;
}

function Asking({ token, kind, id, onShown, onClose }: Props & { onClose(): void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    async () => onShown((await post<{ values: Values }>(token, '/api/v1/reveals', { kind, id, reason: reason.trim() })).values),
    onClose,
  );
  const isEnough = reason.trim().length >= SHORTEST_REASON;
  const field = `reveal-${kind}-${id}`;
  return (
    <form
      className="reveal"
      aria-label={t('reveal.show')}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && isEnough) void submit();
      }}
    >
      <label htmlFor={field}>{t('reveal.reason')}</label>
      <Input
        id={field}
        autoFocus
        aria-describedby={`${field}-hint`}
        maxLength={LONGEST_REASON}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <p id={`${field}-hint`} className="quiet small">
        {t('reveal.hint')}
      </p>
      {failed !== null && (
        <p role="alert" className="reveal-failed small">
          {failed instanceof Problem && failed.kind === 'tooMany' ? t('reveal.tooMany') : t('reveal.refused')}
        </p>
      )}
      <div className="reveal-keys">
        <Button type="primary" size="small" htmlType="submit" disabled={!isEnough} loading={busy}>
          {t('reveal.showNow')}
        </Button>
        <Button type="text" size="small" onClick={onClose}>
          {t('controls.close')}
        </Button>
      </div>
    </form>
  );
}
