/** An editor of YAML: completion by a schema, faults where they are, everything by keyboard. Loaded with the pages that need it. */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import { useAdmin } from '../admin.ts';
import { placeAt } from './place.ts';
import { offersAt, type Schema } from './schema.ts';
import './editor.css';

export interface EditorFault {
  /** From 1. */
  line: number;
  column: number;
  message: string;
}

export interface EditorHandle {
  goTo(line: number, column: number): void;
}

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  schema: Schema | null;
  faults: readonly EditorFault[];
  /** Names of things that stand behind a key: queues behind `queue`, flows behind `goto`. */
  namesFor?(key: string): readonly string[];
  ref?: RefObject<EditorHandle | null>;
}

export const editorLook = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'ui-monospace, Menlo, Consolas, monospace', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--accent-soft) 60%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: '#fff' },
  '.cm-completionInfo': { maxWidth: '360px', whiteSpace: 'normal' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--text)' },
});

/** In the colours of the house, which are right on its grounds in light and dark. */
export const editorColours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.keyword, tags.typeName], color: 'var(--accent-text)' },
    { tag: [tags.string, tags.special(tags.string), tags.content], color: 'var(--text)' },
    { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--wrap)' },
    { tag: [tags.comment, tags.lineComment], color: 'var(--quiet)', fontStyle: 'italic' },
    { tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace, tags.meta, tags.labelName], color: 'var(--quiet)' },
    { tag: tags.invalid, color: 'var(--danger)' },
  ]),
);

export function CodeEditor({ label, value, onChange, schema, faults, namesFor, ref }: Props) {
  const { isReader } = useAdmin();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, schema, namesFor });
  latest.current = { onChange, schema, namesFor };
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes is told to it below
  useEffect(() => {
    const state = EditorState.create({
      doc: value,
      extensions: [
        basicSetup,
        yaml(),
        editorLook,
        editorColours,
        lintGutter(),
        ...(isReader ? [EditorState.readOnly.of(true), EditorView.lineWrapping] : []),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        // Tab leaves it, as it leaves every field: indentation is Enter's and Ctrl+]'s.
        autocompletion({ override: [(context) => complete(context, latest.current)] }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        }),
      ],
    });
    const made = new EditorView({ state, parent: box.current ?? document.body });
    // What scrolls must be reached by key.
    made.scrollDOM.tabIndex = 0;
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (editor !== null)
      editor.dispatch(
        setDiagnostics(
          editor.state,
          faults.map((fault) => diagnosticOf(editor.state, fault)),
        ),
      );
  }, [faults]);
  useImperativeHandle(ref, () => ({
    goTo(line, column) {
      const editor = view.current;
      if (editor === null) return;
      const at = offsetOf(editor.state, line, column);
      editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
      editor.focus();
    },
  }));
  return <div className="code-editor" ref={box} />;
}

function offsetOf({ doc }: EditorState, line: number, column: number): number {
  const found = doc.line(Math.min(Math.max(1, line), doc.lines));
  return Math.min(found.to, found.from + Math.max(0, column - 1));
}

function diagnosticOf(state: EditorState, { line, column, message }: EditorFault): Diagnostic {
  const from = offsetOf(state, line, column);
  const end = state.doc.lineAt(from).to;
  return { from, to: Math.max(from, Math.min(end, from + 40)), severity: 'error', message };
}

function complete(
  context: CompletionContext,
  { schema, namesFor }: { schema: Props['schema']; namesFor: Props['namesFor'] | undefined },
): CompletionResult | null {
  const { path, kind, word, from } = placeAt(context.state.doc.toString(), context.pos);
  if (word === '' && !context.explicit) return null;
  const key = path.findLast((step) => step !== '*') ?? '';
  const names = (namesFor?.(key) ?? []).map((label) => ({ label, type: 'variable' }));
  const offers = schema === null ? [] : offersAt(schema, path, kind);
  const options = offers.map(({ label, detail, info, isKey }) => ({
    ...{ label, detail, apply: isKey ? `${label}: ` : label, type: isKey ? 'property' : 'enum' },
    ...(info === '' ? {} : { info }),
  }));
  return options.length + names.length === 0 ? null : { from, options: [...options, ...names], validFor: /^[\w-]*$/ };
}
