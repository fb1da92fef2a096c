/** The data attached to the call: read, and changed where the server allows it. Only what was changed is sent. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pop } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { label } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { TelLink } from './dialling/tel-link.tsx';
import { Card } from './pop-cards.tsx';

/** As dialplans and CRMs write numbers to call; balances and dates are none. */
const isNumber = (value: string): boolean => /^(?:\+\d{7,15}|1[3-9]\d{9})$/.test(value);

const KEY = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const MOST_BYTES = 1024;
type Row = { key: string; value: string; old: boolean };

export function CallDataCard({ pop }: { pop: Pop }) {
  const { t } = useTranslation();
  const { can, online } = useDesk();
  const [rows, setRows] = useState<Row[] | null>(null);
  const entries = Object.entries(pop.data);
  const edit = () => setRows([...entries.map(([key, value]) => ({ key, value, old: true })), { key: '', value: '', old: false }]);
  const extra = rows === null && can('setData') && (
    <Button size="small" disabled={!online} onClick={edit}>
      {t('pop.editData')}
    </Button>
  );
  return (
    <Card name="data" title={t('pop.data')} extra={extra}>
      {rows !== null ? (
        <DataForm pop={pop} rows={rows} onRows={setRows} onDone={() => setRows(null)} />
      ) : entries.length === 0 ? (
        <p className="quiet">{t('pop.noData')}</p>
      ) : (
        <dl className="facts">
          {entries.map(([key, value]) => (
            <div className="fact" key={key}>
              <dt>{label(t, 'dataName', key)}</dt>
              <dd>{key === 'topic' ? label(t, 'topic', value) : isNumber(value) ? <TelLink number={value}>{value}</TelLink> : value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

const faultOf = ({ key, value }: Row): 'badKey' | 'longValue' | null => {
  if (key === '' && value === '') return null;
  if (!KEY.test(key)) return 'badKey';
  return new TextEncoder().encode(value).length > MOST_BYTES ? 'longValue' : null;
};

function DataForm({ pop, rows, onRows, onDone }: { pop: Pop; rows: Row[]; onRows(rows: Row[]): void; onDone(): void }) {
  const { t } = useTranslation();
  const { act, online, view } = useDesk();
  const busy = view.waiting.includes('setData');
  const change = (at: number, part: Partial<Row>) => onRows(rows.map((row, n) => (n === at ? { ...row, ...part } : row)));
  const fault = rows.map(faultOf).find((found) => found !== null) ?? null;
  const changed = Object.fromEntries(rows.filter(({ key, value }) => key !== '' && pop.data[key] !== value).map(({ key, value }) => [key, value]));
  const save = async () => {
    if (busy) return;
    if (Object.keys(changed).length === 0 || (await act('setData', { callId: pop.callId, data: changed }))) onDone();
  };
  return (
    <form
      className="data-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === null) void save();
      }}
    >
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever added at the end
        <div className="data-row" key={at}>
          <Input
            aria-label={t('pop.dataKey')}
            placeholder={t('pop.dataKey')}
            value={row.key}
            disabled={row.old}
            onChange={(event) => change(at, { key: event.target.value.trim() })}
          />
          <Input
            aria-label={t('pop.dataValue')}
            placeholder={t('pop.dataValue')}
            value={row.value}
            onChange={(event) => change(at, { value: event.target.value })}
          />
        </div>
      ))}
      {fault !== null && (
        <p className="fault" role="alert">
          {t(`pop.${fault}`)}
        </p>
      )}
      <div className="data-buttons">
        <Button size="small" onClick={() => onRows([...rows, { key: '', value: '', old: false }])} disabled={rows.length >= 32}>
          {t('pop.addData')}
        </Button>
        <span className="spacer" />
        <Button size="small" onClick={onDone}>
          {t('pop.cancel')}
        </Button>
        <Button size="small" type="primary" htmlType="submit" disabled={!online || fault !== null} loading={waitingFor(busy)}>
          {t('pop.saveData')}
        </Button>
      </div>
    </form>
  );
}
