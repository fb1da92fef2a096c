/** How the server is: its parts, what it cannot do without, its media servers. */
import { Alert } from 'antd';
import { shownTime, zoneName } from '../../shared/labels.ts';
import { useOne } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { useWords } from '../words.ts';
import '../records/records.css';

const LOOK_EACH_MS = 5_000;
const parts = ['sip', 'media', 'journal', 'database', 'records', 'recordings'] as const;
type PartName = (typeof parts)[number];

interface System {
  version: string;
  node: string;
  now: string;
  draining: boolean;
  parts: Record<string, { ok: boolean; essential: boolean; detail?: string }>;
  mediaServers: { name: string; connected: boolean; endpoints: number }[];
  calls: number;
  memoryMb: number;
}

export default function SystemPage() {
  const w = useWords();
  const system = useOne<System>('/api/v1/system', LOOK_EACH_MS);
  const told = system.data;
  const names = Object.keys(told?.parts ?? {});
  const broken = names.filter((name) => told?.parts[name]?.ok === false);
  const nameOf = (name: string): string => ((parts as readonly string[]).includes(name) ? w(`part.${name as PartName}`) : name);
  return (
    <>
      <Failure error={system.error} />
      {told !== undefined && (
        <>
          {told.draining && <Alert type="warning" showIcon title={w('system.draining')} />}
          <Alert
            type={broken.length === 0 ? 'success' : broken.some((name) => told.parts[name]?.essential) ? 'error' : 'warning'}
            showIcon
            role="status"
            title={broken.length === 0 ? w('system.good') : w('system.broken', { parts: broken.map(nameOf).join(', ') })}
          />
          <div className="cards">
            {names.map((name) => {
              const part = told.parts[name];
              return (
                <section key={name} className="card" aria-label={nameOf(name)}>
                  <h2>{nameOf(name)}</h2>
                  <p className={part?.ok === true ? 'dot is-on' : 'dot is-bad'}>{w(part?.ok === true ? 'system.works' : 'system.failed')}</p>
                  <p className="field-hint quiet">{(parts as readonly string[]).includes(name) ? w(`partHint.${name as PartName}`) : ''}</p>
                  <p className="field-hint quiet">{w(part?.essential === true ? 'system.essential' : 'system.notEssential')}</p>
                </section>
              );
            })}
            {told.mediaServers.map(({ name, connected, endpoints }) => (
              <section key={name} className="card" aria-label={name}>
                <h2>{w('system.mediaServer', { name })}</h2>
                <p className={connected ? 'dot is-on' : 'dot is-bad'}>{w(connected ? 'system.connected' : 'system.away')}</p>
                <p className="field-hint quiet">{w('system.endpoints', { count: endpoints })}</p>
              </section>
            ))}
          </div>
          <dl className="columns facts">
            <Fact name={w('system.version')} value={`Huawu ${told.version} · Node ${told.node}`} />
            <Fact name={w('system.calls')} value={String(told.calls)} />
            <Fact name={w('system.memory')} value={`${told.memoryMb} MB`} />
            <Fact name={w('system.now')} value={`${shownTime(told.now)} · ${zoneName()}`} />
          </dl>
          <p className="field-hint quiet">{w('system.more')}</p>
        </>
      )}
    </>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd className="figures">{value}</dd>
  </div>
);
