/** What the customer keys in and nobody may hear: asked for field by field, told as so many keys, never which. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { label } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { Card } from './pop-cards.tsx';

/** The stars that stand in the call's data for a field that is there. */
const STARS = /^\*+$/;

/** Nothing where the server has no form to ask for. */
export function SecretCard({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const { view, can } = useDesk();
  const forms = Object.entries(view.welcome?.forms ?? {});
  if (forms.length === 0 || (!can('capture') && call.capture === null)) return null;
  return (
    <Card name="secret" title={t('secret.title')}>
      <p className="quiet small">{t('secret.hint')}</p>
      {forms.map(([form, fields]) => (
        <dl key={form} className="facts" aria-label={label(t, 'formName', form)}>
          {Object.keys(fields).map((field) => (
            <Field key={field} call={call} form={form} field={field} />
          ))}
        </dl>
      ))}
      <LastWord call={call} />
    </Card>
  );
}

function Field({ call, form, field }: { call: DeskCall; form: string; field: string }) {
  const { t } = useTranslation();
  const { capture, pop } = call;
  const keying = capture?.state === 'keying' && capture.form === form && capture.field === field ? capture : null;
  const stars = STARS.test(pop.data[field] ?? '') ? pop.data[field] : '';
  return (
    <div className="fact secret-field" data-field={field} data-keys={keying?.count}>
      <dt>{label(t, 'dataName', field)}</dt>
      <dd>
        <span className="figures">{keying === null ? stars : t('secret.keys', { keys: keying.count })}</span>
        {keying === null ? <Ask call={call} form={form} field={field} again={stars !== ''} /> : <Cancel callId={pop.callId} />}
      </dd>
    </div>
  );
}

function Ask({ call, form, field, again }: { call: DeskCall; form: string; field: string; again: boolean }) {
  const { t } = useTranslation();
  const { act, can, online, view } = useDesk();
  const busy = view.waiting.includes('capture');
  const ready = online && can('capture') && call.capture === null;
  return (
    <Button size="small" disabled={!ready} loading={waitingFor(busy)} onClick={() => void act('capture', { callId: call.pop.callId, form, field })}>
      {t(again ? 'secret.again' : 'secret.ask')}
    </Button>
  );
}

function Cancel({ callId }: { callId: string }) {
  const { t } = useTranslation();
  const { act, online, view } = useDesk();
  const busy = view.waiting.includes('cancelCapture');
  return (
    <Button size="small" danger disabled={!online} loading={waitingFor(busy)} onClick={() => void act('cancelCapture', { callId })}>
      {t('secret.cancel')}
    </Button>
  );
}

/** How the last of them went, where she has to do something about it. */
function LastWord({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const last = useDesk().view.lastCapture;
  if (last === null || last.callId !== call.pop.callId || last.state === 'keying') return null;
  const field = last.field === null ? '' : label(t, 'dataName', last.field);
  return (
    <p role="status" className={`secret-word is-${last.state}`}>
      {t(`secretWord.${last.state}`, { field })}
    </p>
  );
}
