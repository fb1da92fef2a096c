/** Words to the desks of an agent, a team, a queue or everybody who is signed in. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CommandData } from '../shared/cti/client.ts';
import { label } from '../shared/labels.ts';
import { useFloorLine } from './use-floor.ts';

const LONGEST = 500;

export function Say({ to, name }: { to: CommandData<'message'>['to']; name: string }) {
  const { t } = useTranslation();
  const line = useFloorLine();
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    const answer = (await line?.command('message', { to, text: text.trim() })) ?? { ok: false, code: 'closed' };
    setSaid(answer.ok ? t('say.done', { name }) : label(t, 'errors', answer.code));
    if (answer.ok) setText('');
    setBusy(false);
  };
  return (
    <form
      className="say"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Input
        size="small"
        maxLength={LONGEST}
        value={text}
        aria-label={t('say.to', { name })}
        placeholder={t('say.to', { name })}
        onChange={(event) => setText(event.target.value)}
      />
      <Button size="small" htmlType="submit" disabled={busy || text.trim() === ''}>
        {t('say.send')}
      </Button>
      <span className="quiet small" role="status">
        {said}
      </span>
    </form>
  );
}
