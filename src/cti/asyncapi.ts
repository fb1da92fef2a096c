/** The desk protocol as an AsyncAPI 3 document, made from the very schemas that parse it. Served at /cti/asyncapi.json. */
import { z } from 'zod';
import { closeCodes, ctiErrors } from './errors.ts';
import { CTI_PATH, CTI_SUBPROTOCOL, deskMessageSchema, serverMessageSchema } from './protocol.ts';

type Message = (typeof deskMessageSchema.options)[number] | (typeof serverMessageSchema.options)[number];

const nameOf = (message: Message): string => message.shape.type.value;
const refTo = (where: string, name: string): { $ref: string } => ({ $ref: `#/${where}/${name}` });

/** AsyncAPI 3 reads schemas as JSON Schema draft 7 unless told otherwise. */
function messageOf(message: Message, io: 'input' | 'output', summary: string): object {
  const { $schema: _, ...payload } = z.toJSONSchema(message, { target: 'draft-7', io });
  return { name: nameOf(message), summary, contentType: 'application/json', payload };
}

const from = (messages: readonly Message[], io: 'input' | 'output', summary: string): Record<string, object> =>
  Object.fromEntries(messages.map((message) => [nameOf(message), messageOf(message, io, summary)]));

const table = (rows: Record<string, string>): string =>
  Object.entries(rows)
    .map(([name, meaning]) => `- \`${name}\`: ${meaning}`)
    .join('\n');

export function asyncApiDocument(version: string): object {
  const asked = from(deskMessageSchema.options, 'input', 'desk → server');
  const told = from(serverMessageSchema.options, 'output', 'server → desk');
  const errors = Object.fromEntries(Object.entries(ctiErrors).map(([code, row]) => [code, row.en]));
  const closes = Object.fromEntries(
    Object.values(closeCodes).map((row) => [row.code, `${row.meaning}${row.comeBack ? '' : ' (do not reconnect by yourself)'}`]),
  );
  const channel = '#/channels/desk';
  const refs = (messages: object) => Object.keys(messages).map((name) => refTo('channels/desk/messages', name));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Huawu desk protocol',
      version,
      license: { name: 'Apache-2.0' },
      description: `WebSocket, subprotocol \`${CTI_SUBPROTOCOL}\`.\n\nErrors:\n${table(errors)}\n\nClose codes:\n${table(closes)}`,
    },
    defaultContentType: 'application/json',
    channels: {
      desk: {
        address: CTI_PATH,
        messages: Object.fromEntries(Object.keys({ ...asked, ...told }).map((name) => [name, refTo('components/messages', name)])),
      },
    },
    operations: {
      ask: { action: 'receive', channel: { $ref: channel }, messages: refs(asked) },
      tell: { action: 'send', channel: { $ref: channel }, messages: refs(told) },
    },
    components: { messages: { ...asked, ...told } },
  };
}
