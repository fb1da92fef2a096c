/** Reads one source file into the figures that the measure table adds up. */
import ts from 'typescript';

export interface FileMeasure {
  path: string;
  /** Lines that hold code: not blank, not only a comment. */
  code: number;
  comment: number;
  /** Code lines of each function, with its name and line. */
  functions: { name: string; line: number; lines: number }[];
  any: number;
  doubleCasts: number;
  nonNull: number;
}

export function measure(path: string, text: string): FileMeasure {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const kinds = lineKinds(file, text);
  const result: FileMeasure = {
    path,
    code: kinds.filter((kind) => kind === 'code').length,
    comment: kinds.filter((kind) => kind === 'comment').length,
    functions: [],
    any: 0,
    doubleCasts: 0,
    nonNull: 0,
  };
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) result.any += 1;
    if (ts.isNonNullExpression(node)) result.nonNull += 1;
    if (ts.isAsExpression(node) && ts.isAsExpression(node.expression)) result.doubleCasts += 1;
    if (isFunction(node) && node.body !== undefined) {
      const from = lineOf(node.getStart(file));
      const lines = kinds.slice(from, lineOf(node.end) + 1).filter((kind) => kind === 'code').length;
      result.functions.push({ name: nameOf(node), line: from + 1, lines });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return result;
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  );
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name !== undefined && ts.isIdentifier(node.name)) return node.name.text;
  const { parent } = node;
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && ts.isIdentifier(parent.name)) return parent.name.text;
  return '(anonymous)';
}

/** One kind a line, by the scanner: a line with any token but trivia is code. */
function lineKinds(file: ts.SourceFile, text: string): ('code' | 'comment' | 'blank')[] {
  const starts = file.getLineStarts();
  const kinds: ('code' | 'comment' | 'blank')[] = starts.map(() => 'blank');
  const mark = (from: number, to: number, kind: 'code' | 'comment'): void => {
    const last = file.getLineAndCharacterOfPosition(Math.max(from, to - 1)).line;
    for (let line = file.getLineAndCharacterOfPosition(from).line; line <= last; line += 1) if (kinds[line] !== 'code') kinds[line] = kind;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) {
      mark(node.pos, node.end, 'comment');
      return;
    }
    if (node.getChildCount(file) === 0 && node.end > node.getStart(file)) mark(node.getStart(file), node.end, 'code');
    for (const comment of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) mark(comment.pos, comment.end, 'comment');
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return kinds;
}
