/** A secret that is shown once: to be copied now, for nobody can show it again. */
import { Alert, Button } from 'antd';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';

interface Props {
  title: string;
  hint: string;
  secret: string;
  onClose(): void;
}

export function SecretOnce({ title, hint, secret, onClose }: Props) {
  const w = useWords();
  return (
    <Panel title={title} onClose={onClose}>
      <div className="panel-form">
        <Alert type="warning" showIcon title={w('secret.once')} description={hint} />
        <pre className="json">
          <code>{secret}</code>
        </pre>
        <div className="panel-foot">
          <Button onClick={() => void navigator.clipboard?.writeText(secret)}>{w('secret.copy')}</Button>
          <Button type="primary" onClick={onClose}>
            {w('secret.kept')}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
