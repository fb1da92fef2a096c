/** Two texts beside each other, what differs marked. */

import { yaml } from '@codemirror/lang-yaml';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'react';
import { editorColours, editorLook } from '../editor/code-editor.tsx';

export function DiffView({ before, after, names }: { before: string; after: string; names: { before: string; after: string } }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const sideOf = (doc: string, label: string) => ({
      doc,
      extensions: [basicSetup, yaml(), editorLook, editorColours, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-label': label })],
    });
    const view = new MergeView({
      a: sideOf(before, names.before),
      b: sideOf(after, names.after),
      parent: box.current ?? document.body,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    for (const side of [view.a, view.b]) side.scrollDOM.tabIndex = 0;
    return () => view.destroy();
  }, [before, after, names.before, names.after]);
  return <div className="diff-view" ref={box} />;
}
