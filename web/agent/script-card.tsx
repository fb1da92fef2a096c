/** What she is to say, with what is known of this call in its place. */
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { languageNow } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { Card } from './pop-cards.tsx';
import { filledIn, useQueueDesk } from './queue-desk.ts';

export function ScriptCard({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const { agent } = useDesk();
  const script = useQueueDesk(call.pop.queue?.queueId ?? null)?.script;
  if (script === undefined) return null;
  // In the language that she and the caller speak, not that of the page.
  const words = script[call.pop.language] || script[languageNow()];
  return (
    <Card name="script" title={t('pop.script')}>
      <p className="script" lang={call.pop.language}>
        {filledIn(t, words, call, agent)}
      </p>
    </Card>
  );
}
