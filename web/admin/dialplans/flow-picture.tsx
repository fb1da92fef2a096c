/** The picture of a dialplan: numbers, flows, queues, and what leads where. A flow is a button that opens where it is written. */
import { graphlib, layout } from '@dagrejs/dagre';
import { useMemo } from 'react';
import { useWords } from '../words.ts';
import type { FlowGraph, FlowNode } from './flow-graph.ts';

const HEIGHT = 44;
const LETTER = 8;
const LEAST_WIDTH = 90;
const MARGIN = 16;

interface Placed extends FlowNode {
  x: number;
  y: number;
  width: number;
}
interface Way {
  key: string;
  label: string;
  points: { x: number; y: number }[];
  middle: { x: number; y: number };
}

export function FlowPicture({ graph, onOpen }: { graph: FlowGraph; onOpen(file: string, line: number): void }) {
  const w = useWords();
  const { nodes, ways, width, height } = useMemo(() => placed(graph), [graph]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <div className="flow-scroll" tabIndex={0}>
      <div className="flow-picture" style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          <defs>
            <marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
              <path d="M0 0 8 4 0 8z" />
            </marker>
          </defs>
          {ways.map(({ key, points }) => (
            <path key={key} className="flow-way" d={pathOf(points)} markerEnd="url(#flow-arrow)" />
          ))}
          {ways.map(({ key, label, middle }) =>
            label === '' ? null : (
              <text key={key} className="flow-label" x={middle.x} y={middle.y - 3} textAnchor="middle">
                {label}
              </text>
            ),
          )}
        </svg>
        <ul>
          {nodes.map((node) => {
            const style = { left: node.x - node.width / 2, top: node.y - HEIGHT / 2, width: node.width, height: HEIGHT };
            const ways = graph.edges.filter(({ from }) => from === node.id).map(({ to, label }) => `${label} → ${to.slice(to.indexOf(':') + 1)}`);
            const words = `${w(`nodeKind.${node.kind}`)} ${node.label}${ways.length === 0 ? '' : `: ${ways.join(', ')}`}`;
            const inside = (
              <>
                <strong>{node.label}</strong>
                <span>{node.verbs.length === 0 ? w(`nodeKind.${node.kind}`) : node.verbs.slice(0, 4).join(' · ')}</span>
                <span className="unseen">{ways.join(', ')}</span>
              </>
            );
            const { at } = node;
            return (
              <li key={node.id}>
                {at === null ? (
                  <span className={`flow-node is-${node.kind}`} style={style} title={words}>
                    {inside}
                  </span>
                ) : (
                  <button type="button" className={`flow-node is-${node.kind}`} style={style} title={words} onClick={() => onOpen(at.file, at.line)}>
                    {inside}
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

function placed({ nodes, edges }: FlowGraph): { nodes: Placed[]; ways: Way[]; width: number; height: number } {
  const graph = new graphlib.Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 70, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const widthOf = ({ label, verbs }: FlowNode): number =>
    Math.max(LEAST_WIDTH, (Math.max(label.length, verbs.slice(0, 4).join(' · ').length * 0.8) + 3) * LETTER);
  for (const node of nodes) graph.setNode(node.id, { width: widthOf(node), height: HEIGHT });
  for (const { from, to, label } of edges) graph.setEdge(from, to, { width: label.length * 7, height: 14, labelpos: 'c' });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const at = (id: string): { x: number; y: number; width: number } => {
    const { x = 0, y = 0, width: across = LEAST_WIDTH } = graph.node(id) as { x?: number; y?: number; width?: number };
    return { x, y, width: across };
  };
  return {
    nodes: nodes.map((node) => ({ ...node, x: at(node.id).x, y: at(node.id).y, width: at(node.id).width })),
    ways: edges.map(({ from, to, label }) => {
      const { points } = graph.edge(from, to) as { points: { x: number; y: number }[] };
      return { key: `${from} ${to}`, label, points, middle: points[points.length >> 1] ?? { x: 0, y: 0 } };
    }),
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
  };
}

const pathOf = (points: readonly { x: number; y: number }[]): string =>
  points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
