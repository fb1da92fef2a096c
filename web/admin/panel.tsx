/** A panel of this console: for who may change nothing it is to be read. */
import type { ReactNode } from 'react';
import { type PanelProps, SidePanel } from '../shared/side-panel.tsx';
import { useAdmin } from './admin.ts';
import { useWords } from './words.ts';

interface Props extends PanelProps {
  /** It has keys that change nothing: who is to read it alone may press them. */
  readable?: boolean;
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

export function Panel({ readable = false, children, ...panel }: Props) {
  return <SidePanel {...panel}>{readable ? children : <Settings>{children}</Settings>}</SidePanel>;
}
