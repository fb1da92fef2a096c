/** What slides in from the side to make or change one thing: closed by Escape, its button at the foot. */
import { Button, Drawer } from 'antd';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export interface PanelProps {
  title: string;
  wide?: boolean;
  onClose(): void;
  children: ReactNode;
}

export function SidePanel({ title, wide = false, onClose, children }: PanelProps) {
  const { t } = useTranslation();
  const close = (
    <Button type="text" onClick={onClose}>
      {t('controls.close')}
    </Button>
  );
  return (
    <Drawer open onClose={onClose} closable={false} extra={close} size={wide ? 1020 : 520} title={title} destroyOnHidden>
      {children}
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
