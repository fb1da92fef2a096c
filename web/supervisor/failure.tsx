import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { Problem } from '../shared/api.ts';

export function Failure({ error }: { error: Error }) {
  const { t } = useTranslation();
  const { kind, status, detail } = error instanceof Problem ? error : new Problem('server', 0, '');
  const title = status === 403 ? t('calls.forbidden') : t(`problem.${kind}`, { status, detail });
  return <Alert type="error" showIcon title={title} />;
}
