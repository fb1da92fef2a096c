/** What is shown as a file, counted anew. */
import { Button } from 'antd';
import { useSubmission } from '../../shared/submission.ts';
import { Failure } from '../failure.tsx';
import { saveReport } from './questions.ts';
import { useWords } from './words.ts';

export function Files({ token, path }: { token: string; path: string }) {
  const w = useWords();
  const csv = useSubmission(
    () => saveReport(token, path, 'csv'),
    () => undefined,
  );
  const xlsx = useSubmission(
    () => saveReport(token, path, 'xlsx'),
    () => undefined,
  );
  const failed = csv.failed ?? xlsx.failed;
  return (
    <div className="reports-files">
      <Button loading={csv.busy} onClick={() => void csv.submit()}>
        {w('file.csv')}
      </Button>
      <Button loading={xlsx.busy} onClick={() => void xlsx.submit()}>
        {w('file.xlsx')}
      </Button>
      {failed !== null && <Failure error={failed} />}
    </div>
  );
}
