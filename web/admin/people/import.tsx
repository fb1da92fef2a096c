/** Agents from a file: CSV or Excel, dropped or chosen; then what would come of it. */
import { Alert, Button } from 'antd';
import { type DragEvent, useRef, useState } from 'react';
import { MOST_BYTES, openTable, saveTable } from '../list/files.ts';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { agentColumns, type ReadAgents, readAgents } from './agents-file.ts';
import { type QueueName, queueIndex } from './people.ts';
import { AgentsPreview } from './preview.tsx';
import './preview.css';

interface Props {
  queues: readonly QueueName[];
  onClose(): void;
}

type Fault = NonNullable<ReadAgents['fault']> | 'too_big' | 'unreadable';

export function ImportAgents({ queues, onClose }: Props) {
  const w = useWords();
  const [read, setRead] = useState<{ name: string; agents: ReadAgents } | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    setFault(null);
    if (file.size > MOST_BYTES) return setFault('too_big');
    try {
      const agents = readAgents(await openTable(file), queueIndex(queues));
      if (agents.fault === null) setRead({ name: file.name, agents });
      else setFault(agents.fault);
    } catch {
      setFault('unreadable');
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <Panel title={w('import.title')} wide={read !== null} onClose={onClose}>
      {read === null ? (
        <div className="panel-form">
          <p>{w('import.lead')}</p>
          {fault !== null && <Alert type="error" showIcon role="alert" title={w(`fileFault.${fault}`)} />}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a short cut of the button inside */}
          <div
            className={over ? 'drop is-over' : 'drop'}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
          >
            <p>{w('import.drop')}</p>
            <Button type="primary" onClick={() => input.current?.click()}>
              {w('import.choose')}
            </Button>
            <input
              ref={input}
              type="file"
              className="unseen"
              tabIndex={-1}
              aria-label={w('import.choose')}
              accept=".csv,.xlsx,text/csv"
              onChange={(event) => {
                void take(event.target.files?.[0]);
                event.target.value = '';
              }}
            />
          </div>
          <Template />
        </div>
      ) : (
        <>
          <p className="quiet">{w('import.from', { name: read.name, count: read.agents.rows.length })}</p>
          {read.agents.ignored.length > 0 && <p className="quiet">{w('import.ignored', { columns: read.agents.ignored.join(', ') })}</p>}
          <AgentsPreview {...read.agents} onBack={() => setRead(null)} onDone={onClose} />
        </>
      )}
    </Panel>
  );
}

/** The columns there are, and a file that has them. */
function Template() {
  const w = useWords();
  const head = agentColumns.map((column) => w(`agentField.${column}`));
  const template = () => saveTable('agents', 'xlsx', [head, ['8011', '李明', w('import.exampleTeam'), '', 'service', 'english 6; gold 3', 'change-me-soon']]);
  return (
    <>
      <div className="field">
        <Button onClick={() => void template()}>{w('import.template')}</Button>
        <p className="field-hint quiet">{w('import.templateHint')}</p>
      </div>
      <dl className="columns">
        {agentColumns.map((column) => (
          <div key={column}>
            <dt>{w(`agentField.${column}`)}</dt>
            <dd className="quiet">{w(`import.${column}`)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
