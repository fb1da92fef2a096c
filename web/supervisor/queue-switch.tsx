/** Opens or closes a queue by hand, or declares an emergency in it, until a time, with what callers hear who are sent back. */
import { Alert, Button, Drawer, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../shared/labels.ts';
import { useSubmission } from '../shared/submission.ts';
import { Failure } from './failure.tsx';
import { type Notice, type QueueRow, type QueueSwitch, switchQueue } from './queues.ts';

const LONGEST_NOTICE = 300;
const choices = ['calendar', 'open', 'closed', 'emergency'] as const;
type Choice = (typeof choices)[number];

interface Props {
  token: string;
  queue: QueueRow | null;
  /** Callbacks among those who wait: they keep their places. */
  kept: number;
  onClose(): void;
  /** With the sentence that says what was done. */
  onDone(sentence: string): void;
}

export function SwitchQueue({ token, queue, kept, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const close = (
    <Button type="text" onClick={onClose}>
      {t('controls.close')}
    </Button>
  );
  const title = queue === null ? '' : t('queuesPage.switchOne', { queue: queue.name[languageNow()] });
  return (
    <Drawer open={queue !== null} onClose={onClose} closable={false} extra={close} size={460} title={title} destroyOnHidden>
      {queue !== null && <SwitchForm key={queue.queueId} token={token} queue={queue} kept={kept} onDone={onDone} />}
    </Drawer>
  );
}

function SwitchForm({ token, queue, kept, onDone }: Pick<Props, 'token' | 'kept' | 'onDone'> & { queue: QueueRow }) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState<Choice>(queue.live?.switched === true ? queue.live.state : 'calendar');
  const [until, setUntil] = useState('');
  const [words, setWords] = useState(wordsNow(queue));
  const shut = choice === 'closed' || choice === 'emergency';
  const waiting = Math.max(0, (queue.live?.waiting ?? 0) - kept);
  const { busy, failed, submit } = useSubmission(
    () => switchQueue(token, queue.queueId, changeOf(choice, until, words, queue)),
    () => onDone(t('queuesPage.done', { queue: queue.name[languageNow()], state: t(`switchTo.${choice}`) })),
  );
  return (
    <form
      className="switch-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void submit();
      }}
    >
      <fieldset>
        <legend>{t('queuesPage.state')}</legend>
        {choices.map((name) => (
          <label key={name} className="switch-choice">
            <input type="radio" name="state" value={name} checked={choice === name} onChange={() => setChoice(name)} />
            <span>{t(`switchTo.${name}`)}</span>
          </label>
        ))}
      </fieldset>
      {choice !== 'calendar' && (
        <div className="switch-field">
          <label htmlFor="switch-until">{t('queuesPage.until')}</label>
          <Input
            id="switch-until"
            type="datetime-local"
            aria-describedby="switch-until-hint"
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
          <p id="switch-until-hint" className="quiet small">
            {t('queuesPage.untilHint')}
          </p>
        </div>
      )}
      {shut && <NoticeFields words={words} onChange={setWords} />}
      {choice === 'emergency' && <Alert type="warning" showIcon title={t('queuesPage.emergencyWarning', { count: waiting })} />}
      {failed !== null && <Failure error={failed} />}
      <Button type="primary" htmlType="submit" danger={shut} loading={busy} block>
        {t(`switchDo.${choice}`)}
      </Button>
    </form>
  );
}

interface Words {
  zh: string;
  en: string;
}

function NoticeFields({ words, onChange }: { words: Words; onChange(words: Words): void }) {
  const { t } = useTranslation();
  const field = (language: keyof Words) => (
    <div className="switch-field">
      <label htmlFor={`notice-${language}`}>{t(`queueNotice.${language}`)}</label>
      <Input.TextArea
        id={`notice-${language}`}
        lang={language === 'zh' ? 'zh-CN' : 'en'}
        maxLength={LONGEST_NOTICE}
        autoSize={{ minRows: 2, maxRows: 6 }}
        value={words[language]}
        onChange={(event) => onChange({ ...words, [language]: event.target.value })}
      />
    </div>
  );
  return (
    <fieldset>
      <legend>{t('queuesPage.notice')}</legend>
      {field('zh')}
      {field('en')}
      <p className="quiet small">{t('queuesPage.noticeHint')}</p>
    </fieldset>
  );
}

function wordsNow({ live }: QueueRow): Words {
  const text = live?.notice != null && 'text' in live.notice ? live.notice.text : {};
  return { zh: text.zh ?? '', en: text.en ?? '' };
}

function changeOf(state: Choice, until: string, { zh, en }: Words, { live }: QueueRow): QueueSwitch {
  const text = { ...(zh.trim() === '' ? {} : { zh: zh.trim() }), ...(en.trim() === '' ? {} : { en: en.trim() }) };
  // A recorded prompt that was set over the API stays while nothing else is written.
  const kept: Notice | null = live?.notice != null && 'prompt' in live.notice ? live.notice : null;
  const notice = state !== 'closed' && state !== 'emergency' ? null : Object.keys(text).length > 0 ? { text } : kept;
  return { state, until: state === 'calendar' || until === '' ? null : new Date(until).toISOString(), notice };
}
