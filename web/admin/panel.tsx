/** What slides in from the side to make or change one thing: closed by Escape, its button at the foot. */
import { Button, Drawer } from 'antd';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAdmin } from './admin.ts';
import { useWords } from './words.ts';

interface Props {
  title: string;
  wide?: boolean;
  /** It has keys that change nothing: who is to read it alone may press them. */
  readable?: boolean;
  onClose(): void;
  children: ReactNode;
}

/** For who may change nothing: what is in it is seen, and neither written nor pressed. */
export function Settings({ children }: { children: ReactNode }) {
  const { isReader } = useAdmin();
  const w = useWords();
  if (!isReader) return children;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section tabIndex={0} aria-label={w('form.readOnly')}>
      <p className="panel-read quiet small">{w('form.readOnly')}</p>
      <fieldset className="read-only" disabled>
        {children}
      </fieldset>
    </section>
  );
}

export function Panel({ title, wide = false, readable = false, onClose, children }: Props) {
  const { t } = useTranslation();
  const close = (
    <Button type="text" onClick={onClose}>
      {t('controls.close')}
    </Button>
  );
  return (
    <Drawer open onClose={onClose} closable={false} extra={close} size={wide ? 1020 : 520} title={title} destroyOnHidden>
      {readable ? children : <Settings>{children}</Settings>}
    </Drawer>
  );
}

interface FormProps {
  busy: boolean;
  submit: string;
  danger?: boolean;
  disabled?: boolean;
  onSubmit(): void;
  children: ReactNode;
}

export function PanelForm({ busy, submit, danger = false, disabled = false, onSubmit, children }: FormProps) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && !disabled) onSubmit();
  };
  return (
    <form className="panel-form" onSubmit={send} noValidate>
      {children}
      <div className="panel-foot">
        {/* White on the red of the dark look is too faint: what is dangerous is written in red. */}
        <Button type={danger ? 'default' : 'primary'} htmlType="submit" danger={danger} loading={busy} disabled={disabled}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
