/** Who waits is moved to another queue, or before others of the same. */
import { Button, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { label, languageNow, ownName } from '../shared/labels.ts';
import type { LiveCall } from './floor.ts';
import { useFloor, useFloorLine } from './use-floor.ts';

const MOST_PRIORITY = 1_000;

export function MoveCall({ call }: { call: LiveCall }) {
  const { t } = useTranslation();
  const line = useFloorLine();
  const queues = useFloor(({ floor }) => floor?.queues);
  const [queue, setQueue] = useState<string | null>(null);
  const [priority, setPriority] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const others = [...(queues?.values() ?? [])].filter(({ queueId }) => queueId !== call.queueId);
  const move = async () => {
    const wish = { ...(queue === null ? {} : { queue }), ...(priority === null ? {} : { priority }) };
    const answer = (await line?.command('moveCall', { callId: call.callId, ...wish })) ?? { ok: false, code: 'closed' };
    setSaid(answer.ok ? t('moveCall.done') : label(t, 'errors', answer.code));
  };
  return (
    <section className="move-call" aria-label={t('moveCall.title')}>
      <Select
        size="small"
        allowClear
        value={queue}
        placeholder={t('moveCall.sameQueue')}
        aria-label={t('moveCall.queue')}
        options={others.map(({ queueId, name }) => ({ value: ownName(queueId), label: name[languageNow()] }))}
        onChange={(value) => setQueue(value ?? null)}
      />
      <InputNumber
        size="small"
        min={0}
        max={MOST_PRIORITY}
        value={priority}
        placeholder={t('moveCall.samePriority')}
        aria-label={t('moveCall.priority')}
        onChange={setPriority}
      />
      <Button size="small" disabled={queue === null && priority === null} onClick={() => void move()}>
        {t('moveCall.move')}
      </Button>
      <span className="quiet small" role="status">
        {said}
      </span>
    </section>
  );
}
