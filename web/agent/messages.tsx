/** A supervisor's words, above the desk until she has seen to them: who said it, and when. */
import { Alert } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CtiClient } from '../shared/cti/client.ts';
import type { ServerMessageOf } from '../shared/cti/messages.ts';
import { shownTime } from '../shared/labels.ts';

type Message = ServerMessageOf<'message'>['data'];
const MOST_SHOWN = 4;

export function Messages({ connection }: { connection: CtiClient | null }) {
  const { t } = useTranslation();
  const [messages, setMessages] = useState<Message[]>([]);
  useEffect(() => connection?.on('message', ({ data }) => setMessages((all) => [...all, data].slice(-MOST_SHOWN))), [connection]);
  return (
    <div role="log" aria-label={t('supervisorSays.region')}>
      {messages.map(({ messageId, text, from, at, to }) => (
        <Alert
          key={messageId}
          type="info"
          showIcon
          title={text}
          description={t(`supervisorSays.${to}`, { name: from, time: shownTime(at) })}
          closable={{
            closeIcon: true,
            'aria-label': t('controls.close'),
            onClose: () => setMessages((all) => all.filter((one) => one.messageId !== messageId)),
          }}
        />
      ))}
    </div>
  );
}
