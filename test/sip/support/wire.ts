/** Raw SIP on one transport: bytes out, whole messages in as they came. What is sent may be no SIP at all. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { StreamFramer } from '../../../sip/message/stream.ts';
import { portOf, type SipProgram } from './program.ts';

/** What a test may be run over; another transport is one more row in `openers`. */
export type WireName = 'UDP' | 'TCP' | 'WS' | 'WSS';

export interface Wire {
  /** As a Via names it. */
  readonly name: WireName;
  /** Bytes without bounds: a wrong length loses the framing. */
  readonly isStream: boolean;
  readonly port: number;
  /** Messages that came, oldest first. */
  readonly came: Buffer[];
  /** The server closed the connection. */
  readonly isClosed: () => boolean;
  send(bytes: Buffer | string): void;
  close(): void;
}

async function udp({ sipPort: serverPort }: SipProgram): Promise<Wire> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const came: Buffer[] = [];
  socket.on('message', (bytes) => came.push(bytes));
  const send = (bytes: Buffer | string): void => socket.send(bytes, serverPort, '127.0.0.1');
  return { name: 'UDP', isStream: false, port: socket.address().port, came, isClosed: () => false, send, close: () => socket.close() };
}

async function tcp({ sipPort: serverPort }: SipProgram): Promise<Wire> {
  const socket = connect(serverPort, '127.0.0.1');
  await once(socket, 'connect');
  const came: Buffer[] = [];
  const framer = new StreamFramer();
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('end', () => {
    closed = true;
  });
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    for (const framed of framer.push(chunk)) if (framed.kind === 'message') came.push(framed.bytes);
  });
  return {
    name: 'TCP',
    isStream: true,
    port: socket.localPort ?? 0,
    came,
    isClosed: () => closed,
    send: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
  };
}

/** RFC 7118: each WebSocket message is one SIP message. The server must have been started with the port. */
async function webSocket(name: 'WS' | 'WSS', { hostports }: SipProgram): Promise<Wire> {
  const protocol = name.toLowerCase();
  const port = portOf(hostports.find((each) => each.startsWith(`${protocol}/`)) ?? '');
  const socket = new WebSocket(`${protocol}://127.0.0.1:${port}`, 'sip', { rejectUnauthorized: false });
  await once(socket, 'open');
  const came: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (bytes: Buffer) => came.push(bytes));
  return {
    name,
    isStream: false,
    port: 5060,
    came,
    isClosed: () => socket.readyState === WebSocket.CLOSED,
    send: (bytes) => socket.send(bytes),
    close: () => socket.terminate(),
  };
}

const openers: Readonly<Record<WireName, (program: SipProgram) => Promise<Wire>>> = {
  UDP: udp,
  TCP: tcp,
  WS: (program) => webSocket('WS', program),
  WSS: (program) => webSocket('WSS', program),
};

export const WIRES = Object.keys(openers) as WireName[];
export const openWire = (name: WireName, program: SipProgram): Promise<Wire> => openers[name](program);
