/** On an agent's call with a phone of her own: listens, whispers, barges in, takes over; who is on it, and how. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent } from '../../src/cti/protocol.ts';
import { label } from '../shared/labels.ts';
import { useFloorLine } from './use-floor.ts';

const ways = [
  ['monitor', 'listen'],
  ['whisper', 'whisper'],
  ['barge', 'barge'],
  ['takeOver', 'take_over'],
] as const;
const PHONE = 'huawu.wall.phone';
const keptPhone = (): string => {
  try {
    return localStorage.getItem(PHONE) ?? '';
  } catch {
    return '';
  }
};

export function Supervise({ agent, callId }: { agent: FloorAgent; callId: string }) {
  const { t } = useTranslation();
  const line = useFloorLine();
  const [phone, setPhone] = useState(keptPhone);
  const [said, setSaid] = useState('');
  const { supervised } = agent;
  const ask = async (word: (typeof ways)[number][0] | 'stopMonitor') => {
    const own = phone.trim();
    try {
      localStorage.setItem(PHONE, own);
    } catch {
      // Then she types it again next time.
    }
    const answer = (await line?.command(word, { callId, ...(own === '' || word === 'stopMonitor' ? {} : { phone: own }) })) ?? { ok: false, code: 'closed' };
    setSaid(answer.ok ? '' : label(t, 'errors', answer.code));
  };
  return (
    <section className="agent-actions" aria-label={t('supervise.title')}>
      <p>
        {supervised === undefined
          ? t('supervise.nobody')
          : t(supervised.answered ? 'supervise.now' : 'supervise.rings', { name: supervised.by, mode: t(`superviseMode.${supervised.mode}`) })}
      </p>
      <label htmlFor="supervise-phone">{t('supervise.phone')}</label>
      <Input id="supervise-phone" size="small" maxLength={32} value={phone} onChange={(event) => setPhone(event.target.value)} />
      <div className="agent-buttons">
        {ways.map(([word, mode]) => (
          <Button key={word} size="small" disabled={supervised?.mode === mode} danger={word === 'takeOver'} onClick={() => void ask(word)}>
            {t(`superviseMode.${mode}`)}
          </Button>
        ))}
        {supervised !== undefined && (
          <Button size="small" onClick={() => void ask('stopMonitor')}>
            {t('supervise.stop')}
          </Button>
        )}
      </div>
      <p className="quiet small" role="status">
        {said === '' ? t('supervise.audited') : said}
      </p>
    </section>
  );
}
